'use strict';
for (const table of document.querySelectorAll('table.sortable')) {
  const body = table.tBodies[0];
  for (const button of table.querySelectorAll('th button')) {
    button.addEventListener('click', () => {
      const th = button.parentElement, column = th.cellIndex;
      const up = th.getAttribute('aria-sort') === 'descending';
      for (const other of th.parentElement.cells)
        other.removeAttribute('aria-sort');
      th.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const value = row => row.cells[column].dataset.n === undefined
        ? row.cells[column].textContent : Number(row.cells[column].dataset.n);
      const rows = [...body.rows].map(row => [value(row), row]);
      rows.sort(([a], [b]) => (a < b ? 1 : a > b ? -1 : 0) * (up ? -1 : 1));
      body.append(...rows.map(([, row]) => row));
    });
  }
}
const filter = document.getElementById('filter');
filter.closest('.tools').hidden = false;
filter.addEventListener('input', () => {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let pages = 0, shown = 0;
  for (const row of document.getElementById('writers').tBodies[0].rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every(word => text.includes(word));
    if (!row.hidden) { shown++; pages += Number(row.cells[0].dataset.n); }
  }
  document.getElementById('found').textContent = words.length
    ? `${shown.toLocaleString()} rows, ${pages.toLocaleString()} pages` : '';
});
const tip = document.getElementById('tip');
for (const svg of document.querySelectorAll('svg[data-cells]')) {
  const cells = svg.dataset.cells.split(' ').map(text => text.split(','));
  const columns = Number(svg.dataset.columns);
  svg.addEventListener('mousemove', event => {
    const box = svg.getBoundingClientRect();
    const x = Math.floor((event.clientX - box.left) / box.width * columns);
    const unit = box.width / columns;
    const y = Math.floor((event.clientY - box.top) / unit);
    const i = y * columns + x;
    let at = 0;
    for (const [run, written, cause] of cells) {
      at += Number(run);
      if (i < at) {
        const per = svg.dataset.pages;
        tip.textContent = Number(written)
          ? `${written} of ${per} pages copied: `
            + CAUSES[cause] : `${per} pages, still shared`;
        tip.hidden = false;
        tip.style.left = Math.min(event.clientX + 14, innerWidth - 260)
          + 'px';
        tip.style.top = event.clientY + 18 + 'px';
        return;
      }
    }
    tip.hidden = true;
  });
  svg.addEventListener('mouseleave', () => { tip.hidden = true; });
}
