"""The same work as `floor`, with plyvel: the keys, the values, the options and the sums are the same.

    bench.py WORK --db DIR [--entries N] [--cache BYTES] [--write-buffer BYTES] [--bloom BITS] [--file FILE]
"""

import argparse
import json
import time

import plyvel

MASK = (1 << 64) - 1


def random_numbers(state):
    """splitmix64."""
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def make_keys(count, seed=None):
    order = list(range(count))
    if seed is not None:
        random = random_numbers(seed)
        for i in range(count, 1, -1):
            j = next(random) % i
            order[i - 1], order[j] = order[j], order[i - 1]
    return [b"%016d" % number for number in order]


def make_values(count):
    random = random_numbers(301)
    pieces = []
    for _ in range(10486):
        piece = bytes(32 + next(random) % 95 for _ in range(50))
        pieces.append(piece + piece)
    return [pieces[i % len(pieces)] for i in range(count)]


def measure(work, operations, body):
    cpu = time.process_time()
    start = time.perf_counter()
    total = body()
    wall = time.perf_counter() - start
    cpu = time.process_time() - cpu
    print(json.dumps({"work": work, "operations": operations, "wall_ns": round(wall * 1e9 / operations, 1),
                      "cpu_ns": round(cpu * 1e9 / operations, 1), "sum": total}))


def fill(db, keys, values):
    put = db.put
    for key, value in zip(keys, values):
        put(key, value)
    return len(keys)


def read(db, keys):
    get = db.get
    total = 0
    for key in keys:
        total += len(get(key, verify_checksums=True))
    return total


def scan(db, reverse):
    total = 0
    with db.iterator(reverse=reverse, verify_checksums=True) as cursor:
        for key, value in cursor:
            total += len(key) + len(value) + key[-1]
    return total


def assemble(db, prefix):
    """Records of 8 fields into dictionaries, one pass over one cursor."""
    numbers = {b"size", b"weight", b"price", b"stock"}
    total = 0
    stem, record = None, None
    with db.iterator(prefix=prefix, verify_checksums=True) as cursor:
        for key, value in cursor:
            at = key.rindex(b":")
            if key[:at] != stem:
                if record is not None:
                    total += record["size"] + len(record["name"])
                stem = key[:at]
                _, group, number = stem.split(b":")
                record = {"group": group.decode(), "id": int(number)}
            field = key[at + 1:]
            record[field.decode()] = int(value) if field in numbers else value.decode()
    if record is not None:
        total += record["size"] + len(record["name"])
    return total


def text(part):
    return part.replace(";", ";1").replace(":", ";0")


def load(db, path):
    """The packages from JSON Lines, one batch a record."""
    count = 0
    with open(path, "rb") as file:
        for line in file:
            record = json.loads(line)
            stem = "package:%s:%s:" % (text(record.pop("section")), text(record.pop("name")))
            with db.write_batch() as batch:
                for field, value in record.items():
                    batch.put((stem + field).encode(), str(value).encode())
            count += 1
    return count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work")
    parser.add_argument("--db", required=True)
    parser.add_argument("--entries", type=int, default=1000000)
    parser.add_argument("--cache", type=int, default=8 << 20)
    parser.add_argument("--write-buffer", type=int, default=16 << 20)
    parser.add_argument("--bloom", type=int, default=10)
    parser.add_argument("--file")
    arguments = parser.parse_args()
    work, entries = arguments.work, arguments.entries
    db = plyvel.DB(arguments.db, create_if_missing=True, paranoid_checks=True, lru_cache_size=arguments.cache,
                   write_buffer_size=arguments.write_buffer, bloom_filter_bits=arguments.bloom)
    if work in ("fillseq", "fillrandom"):
        keys = make_keys(entries, None if work == "fillseq" else 1)
        values = make_values(entries)
        measure(work, entries, lambda: fill(db, keys, values))
    elif work == "readrandom":
        keys = make_keys(entries, 2)
        measure(work, entries, lambda: read(db, keys))
    elif work in ("readseq", "readreverse"):
        measure(work, entries, lambda: scan(db, work == "readreverse"))
    elif work == "records":
        measure(work, entries, lambda: assemble(db, b"item:"))
    elif work == "import":
        measure(work, entries, lambda: load(db, arguments.file))
    else:
        parser.error("unknown work " + work)
    db.close()


main()
