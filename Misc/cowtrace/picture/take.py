"""take.py [FOLDER]: make the README's pictures of a report, light.png and dark.png, by Chromium.

Runs in an interpreter that has cowtrace: it traces server.py, which lies beside this script. The
pictures go beside it, too, if no folder is given.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIZE = "1000,1125"  # up to the end of the map
SCHEMES = {"dark": 0, "light": 1}


def main() -> None:
    out = Path(sys.argv[1]) if sys.argv[1:] else HERE
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "report.html")
        command = [sys.executable, "-m", "cowtrace", "--quiet", "--html", str(page), "server.py"]
        subprocess.run(command, cwd=HERE, check=True)
        for name, scheme in SCHEMES.items():
            command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu"]
            command += ["--hide-scrollbars", f"--blink-settings=preferredColorScheme={scheme}"]
            command += [f"--window-size={SIZE}", f"--screenshot={Path(out, name)}.png"]
            command += [f"--user-data-dir={folder}/{name}", page.as_uri()]
            subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
