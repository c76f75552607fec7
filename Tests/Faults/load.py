"""The mixed load: what a worker does next, and what its operations make of its keys.

Each worker has keys of its own and does one thing after another, so what its keys must hold is known exactly. A state is a
dictionary from names to values: a key of any kind, a record or a document each. States are not changed but copied.
"""

import json
import random
import string
import zlib

LETTERS = string.ascii_letters + string.digits


def value(name, number, size):
    """A value that says what it is, and whether it is whole."""
    body = "%s|%d|%s" % (name, number, "".join(random.Random(number).choices(LETTERS, k=8)) * (size // 8))
    return "%s|%08x" % (body, zlib.crc32(body.encode()))


def is_whole(text):
    body, _, crc = text.rpartition("|")
    return crc == "%08x" % zlib.crc32(body.encode())


class Operation:
    """An operation: its name and its arguments, as the victim's protocol has them."""

    def __init__(self, number, worker, durability, name, arguments):
        self.number, self.worker, self.durability = number, worker, durability
        self.name, self.arguments = name, arguments

    def line(self):
        return "\t".join([str(self.number), str(self.worker), self.durability, self.name, *self.arguments])

    def applied(self, state):
        """The state after it."""
        state = dict(state)
        EFFECTS[self.name](state, *self.arguments)
        return {key: held for key, held in state.items() if held is not None}


def pairs(words):
    return list(zip(words[::2], words[1::2]))


def effect_put(state, key, held, *_):
    state[key] = ("string", held)


def effect_batch(state, *words):
    for key, held in pairs(words):
        state[key] = ("string", held)


def effect_unbatch(state, *keys):
    for key in keys:
        state[key] = None


def effect_push(state, key, *elements):
    state[key] = ("list", state.get(key, ("list", ()))[1] + elements)


def effect_pop(state, key):
    if key in state:
        rest = state[key][1][1:]
        state[key] = ("list", rest) if rest else None


def effect_set_fields(kind):
    def effect(state, key, *words):
        fields = dict(state[key][1]) if key in state else {}
        fields.update(pairs(words))
        state[key] = (kind, fields)

    return effect


def effect_drop_fields(kind):
    def effect(state, key, *names):
        fields = dict(state[key][1]) if key in state else {}
        for name in names:
            fields.pop(name, None)
        state[key] = (kind, fields) if fields else None

    return effect


def effect_sadd(state, key, *members):
    state[key] = ("set", (state[key][1] if key in state else frozenset()) | set(members))


def effect_srem(state, key, *members):
    rest = (state[key][1] if key in state else frozenset()) - set(members)
    state[key] = ("set", rest) if rest else None


def increment(state, key, amount):
    state[key] = ("string", str(int(state[key][1]) + amount if key in state else amount))


def effect_move(state, source, destination, amount):
    increment(state, source, -int(amount))
    increment(state, destination, int(amount))


def effect_shift(state, source, destination, counter):
    if source in state:
        element = state[source][1][0]
        effect_pop(state, source)
        effect_push(state, destination, element)
    increment(state, counter, 1)


def effect_rec(state, worker, item, name, year, code, text):
    state["record %s %s" % (worker, item)] = ("record", (name, int(year), code, text))


def effect_rec2(state, *words):
    effect_rec(state, *words[:6])
    effect_rec(state, *words[6:])


def effect_recdel(state, worker, item):
    state["record %s %s" % (worker, item)] = None


def effect_doc(state, name, held):
    state["document " + name] = ("document", held)


def effect_docdel(state, name):
    state["document " + name] = None


def effect_none(state, *_):
    pass


EFFECTS = {
    "put": effect_put, "putx": effect_put, "del": effect_unbatch, "batch": effect_batch, "unbatch": effect_unbatch,
    "push": effect_push, "pop": effect_pop, "hset": effect_set_fields("hash"), "hdel": effect_drop_fields("hash"),
    "sadd": effect_sadd, "srem": effect_srem, "zadd": effect_set_fields("zset"), "zrem": effect_drop_fields("zset"),
    "move": effect_move, "shift": effect_shift, "rec": effect_rec, "rec2": effect_rec2, "recdel": effect_recdel,
    "doc": effect_doc, "docdel": effect_docdel, "get": effect_none,
}


class Worker:
    """Chooses the operations of one worker."""

    def __init__(self, number, seed, durability="buffered", large=False, pairs=True):
        """`large` makes values of 4 KB and more; without `pairs` no transaction writes two records."""
        self.number, self.durability, self.large, self.pairs = number, durability, large, pairs
        self.random = random.Random("%s %d" % (seed, number))
        self.name = "w%d" % number

    def next(self, number):
        name, arguments = self.choose(number)
        return Operation(number, self.number, self.durability, name, arguments)

    def choose(self, number):
        roll, name = self.random, self.name
        size = roll.choice([0, 16, 100, 100, 1000, 8000] if not self.large else [4000, 20000])
        some = range(roll.choice([1, 1, 2, 5, 40]))
        kind = roll.randrange(22)
        if kind < 4:
            key = "%s:p%d" % (name, roll.randrange(20))
            if kind == 3:
                return "del", [key]
            return "put", [key, value(key, number, size)]
        if kind == 4:
            key = "%s:x%d" % (name, roll.randrange(5))
            return "putx", [key, value(key, number, size), "8640000"]
        if kind < 7:
            group = roll.randrange(5)
            keys = ["%s:b%d:%d" % (name, group, part) for part in range(3)]
            if roll.randrange(5) == 0:
                return "unbatch", keys
            return "batch", [word for key in keys for word in (key, value(key, number, size))]
        if kind == 7:
            key = "%s:l0" % name
            return "push", [key] + [value(key, number * 100 + index, 16) for index in some]
        if kind == 8:
            return "pop", ["%s:l%d" % (name, roll.randrange(2))]
        if kind < 11:
            key = "%s:h" % name
            fields = ["f%d" % roll.randrange(300) for _ in some]
            if roll.randrange(4) == 0:
                return "hdel", [key] + fields
            return "hset", [key] + [word for field in fields for word in (field, value(field, number, 16))]
        if kind == 11:
            return roll.choice(["sadd", "sadd", "srem"]), ["%s:s" % name] + ["m%d" % roll.randrange(300) for _ in some]
        if kind == 12:
            members = ["m%d" % roll.randrange(300) for _ in some]
            if roll.randrange(3) == 0:
                return "zrem", ["%s:z" % name] + members
            return "zadd", ["%s:z" % name] + [word for member in members for word in (member, str(roll.randrange(1000)))]
        if kind == 13:
            return "move", ["%s:c0" % name, "%s:c1" % name, str(roll.randrange(1, 100))]
        if kind == 14:
            return "shift", ["%s:l0" % name, "%s:l1" % name, "%s:n" % name]
        if kind == 15:
            # Rarely, so that they get large.
            if roll.randrange(6):
                return "pop", ["%s:l0" % name]
            return "del", ["%s:%s" % (name, roll.choice(["l0", "l1", "h", "s", "z"]))]
        if kind < 19:
            item = roll.randrange(12)
            if roll.randrange(4) == 0:
                return "recdel", [name, str(item)]
            if self.pairs and roll.randrange(3) == 0:
                return "rec2", self.record(number, item, size) + self.record(number + 1, (item + 1) % 12, 16)
            return "rec", self.record(number, item, size)
        key = "%s-%d" % (name, roll.randrange(8))
        if roll.randrange(4) == 0:
            return "docdel", [key]
        return "doc", [key, value(key, number, size)]

    def record(self, number, item, size):
        return [
            self.name, str(item), "name%d" % (number % 7), str(1900 + number % 100), "%s-%d" % (self.name, item),
            value("text", number, size),
        ]


def parse_dump(text):
    """What a dump says: the state of each worker, and what is wrong in itself."""
    states, problems = {}, []
    for line in text.splitlines():
        kind, *words = line.split("\t")
        if kind == "!":
            problems.append(words[0])
            continue
        if kind == "record":
            record = json.loads(words[1])
            if words[0] == "notes":
                name, held = "document " + record["_id"], ("document", record["v"])
                worker = record["_id"].split("-")[0]
            else:
                worker = record["worker"]
                name = "record %s %s" % (worker, record["id"])
                held = ("record", tuple(record[field] for field in ("name", "year", "code", "text")))
        else:
            name = words[0]
            worker = name.split(":")[0]
            rest = words[2:]
            held = {
                "string": lambda: ("string", words[1]),
                "list": lambda: ("list", tuple(rest)),
                "set": lambda: ("set", frozenset(rest)),
                "hash": lambda: ("hash", dict(pairs(rest))),
                "zset": lambda: ("zset", dict(pairs(rest))),
            }[kind]()
            if kind != "string" and int(words[1]) != len(held[1]):
                problems.append("%s %s counts %s and holds %d" % (kind, name, words[1], len(held[1])))
        for part in values_of(held):
            if "|" in part and not is_whole(part):
                problems.append("%s holds a value that is not whole: %.60r" % (name, part))
        states.setdefault(worker, {})[name] = held
    return states, problems


def values_of(held):
    kind, content = held
    if kind in ("string", "document"):
        return [content]
    if kind == "list":
        return content
    if kind == "hash":
        return content.values()
    return [content[3]] if kind == "record" else []
