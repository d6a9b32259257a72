#!/usr/bin/env bash
# Forked workers give the same "random" results when the parent has used these libraries once before the
# fork: ulid-transform's identifiers of one millisecond, Faker, mimesis, haikunator, sentencepiece's
# sampling, the dropout of tokenizers, and pyarrow.compute.random(), whose default is a seed of the system.
#
# Seen: the versions below on CPython 3.11.7, 2026-11-30. `random` and `uuid` of the standard library
# differ, as they should.
# Why: only the one generator that `random.random()` itself uses is seeded anew in a child. Each
# random.Random() of a library, and each generator in C, C++ or Rust, is copied with the memory.
# Matters to: preload_app, multiprocessing's fork, Celery: two workers hand out one identifier, a model is
# trained on the same augmentation by each worker.
# What to do: seed in os.register_at_fork(after_in_child=...) where the library has a seed; else don't use it before
# the fork.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.11
packages ulid-transform==2.2.9 Faker==40.63.0 mimesis==22.2.0 haikunator==2.1.0 sentencepiece==0.2.3 \
    tokenizers==0.23.3 pyarrow==26.0.1

cat >"$work/workers.py" <<'EOF'
import io, os, random, sys, uuid
import faker, haikunator, mimesis, pyarrow.compute, sentencepiece, ulid_transform
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

words = "the quick brown fox jumps over the lazy dog again and again with many words".split()
model = io.BytesIO()
sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter([" ".join(words[i:] + words[:i]) for i in range(14)] * 20),
    model_writer=model, vocab_size=40, minloglevel=2)
pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
tokens = Tokenizer(models.BPE(dropout=0.5))
tokens.pre_tokenizer = pre_tokenizers.Whitespace()
tokens.train_from_iterator([" ".join(words)] * 50,
                           trainers.BpeTrainer(vocab_size=200, show_progress=False))
person, names, haiku = mimesis.Person(), faker.Faker(), haikunator.Haikunator()
text = " ".join(words)
calls = {
    "Faker": names.name,
    "haikunator": haiku.haikunate,
    "mimesis": person.full_name,
    "pyarrow": lambda: pyarrow.compute.random(4).to_pylist(),
    "random": random.random,
    "sentencepiece": lambda: pieces.encode(text, enable_sampling=True, alpha=0.1, nbest_size=-1),
    "tokenizers": lambda: tokens.encode(text * 5).ids,
    "ulid-transform": lambda: ulid_transform.ulid_at_time(1),
    "uuid": uuid.uuid4,
}

def in_workers(call):
    for _ in range(4):
        read, write = os.pipe()
        if not os.fork():
            os.write(write, repr(call()).encode())
            os._exit(0)
        os.close(write)
        with open(read) as pipe:
            yield pipe.read()
        os.wait()

for call in calls.values():
    assert call() != call()     # and it is used in the parent
same = {name: len(set(in_workers(call))) == 1 for name, call in calls.items()}
print("same in four workers:", *(name for name in calls if same[name]))
print("different:", *(name for name in calls if not same[name]))
EOF
TOKENIZERS_PARALLELISM=false "$python" "$work/workers.py" | expect 'results after a fork' \
'same in four workers: Faker haikunator mimesis pyarrow sentencepiece tokenizers ulid-transform
different: random uuid'
stated
