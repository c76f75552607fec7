#!/usr/bin/env python3
"""Compares lvkv with redis-server: random sequences of commands go to both, and each reply and all content must be equal.

    compare.py --lvkv .build/release/lvkv --rounds 2000
    compare.py --lvkv .build/release/lvkv --family lists --seed 7 --rounds 500
    compare.py --lvkv .build/release/lvkv --one 7:lists:31        one sequence again, with all its replies
    compare.py --rounds 500                                       redis-server with itself, which tests this program

A sequence that differs is made as short as possible and printed once for each kind of difference. What need not be equal
stands in equality.py, with reasons. Ends with 1 when anything differs.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter

import servers
from equality import Call, in_any_order, is_error, is_notification, same, with_one_zero
from families import ASYNCHRONOUS, FAMILIES, SEVERAL_CLIENTS
from grammar import Form, Source, spoiled
from play import Player, Step, spelled
from resp import shown

# Their last word is a time to wait: another one might never end. lvkv's SAVE takes a name, and
# MONITOR makes everything else be told.
NEVER_SPOILED = (b"SAVE", b"MONITOR", b"WAIT", b"BLPOP", b"BRPOP", b"BLMOVE", b"BRPOPLPUSH", b"BLMPOP", b"BZPOPMIN", b"BZPOPMAX", b"BZMPOP")
# What is read before a random reply, to hold it against.
BEFORE = {b"SPOP": [b"SMEMBERS"], b"SRANDMEMBER": [b"SMEMBERS"], b"HRANDFIELD": [b"HGETALL"]}


class Generator:
    """Makes the sequences of a family."""

    def __init__(self, family):
        self.family = family
        lines = [line for line in FAMILIES[family].split("\n") if line]
        self.forms, self.weights = [], []
        for line in lines:
            weight, star, rest = line.partition("*")
            weight, line = (int(weight), rest) if star and weight.isdigit() else (1, line)
            how = {"?": "random", "~": "scan", "!": "pause"}.get(line[0], "plain")
            line = line.lstrip("?~!")
            self.forms.append((how, [Form(part) for part in line.split(" & ")]))
            self.weights.append(weight)

    def sequence(self, seed):
        source = Source(random.Random("%s/%s" % (seed, self.family)))
        chance = source.random
        clients = 3 if self.family in SEVERAL_CLIENTS else 1
        length = chance.choice([3, 6, 12, 25, 40])
        transaction = chance.random() < 0.15 and clients == 1 and self.family != "server"
        start, end = (sorted(chance.sample(range(length + 1), 2))) if transaction else (None, None)
        steps = []
        for at in range(length):
            inside = transaction and start <= at < end
            if at == start:
                steps.append(Step(0, [[b"MULTI"]], "plain"))
            steps.append(self.step(source, chance.randrange(clients), plain=inside))
            if transaction and at == end - 1:
                steps.append(Step(0, [[b"EXEC"]] if chance.random() < 0.9 else [[b"DISCARD"]], "plain"))
        return chance.choice([2, 3]), steps

    def step(self, source, client, plain):
        """One step; inside a transaction only what has one reply that both servers must give."""
        while True:
            how, forms = source.random.choices(self.forms, self.weights)[0]
            if not (plain and how != "plain"):
                break
        commands = [form.make(source) for form in forms]
        name = commands[0][0].upper()
        if len(commands) == 1 and source.random.random() < 0.06 and how in ("plain", "random") and name not in NEVER_SPOILED:
            commands = [spoiled(commands[0], source)]
        words = commands[0]
        if how == "random" and len(words) > 1:
            if name == b"ZRANDMEMBER":
                commands = [[b"ZRANGE", words[1], b"0", b"-1", b"WITHSCORES"], words]
            else:
                commands = [BEFORE[name] + [words[1]], words]
            if name == b"SPOP":
                commands += [[b"SCARD", words[1]], [b"DEL", words[1]]]
        elif name in (b"SORT", b"SORT_RO") and len(words) > 1 and not plain:
            # What Redis's ZADD reads ends an error that SORT would take for its own.
            commands = [[b"ZADD", b"missing", b"XX", b"0", b"nothing"], [b"TYPE", words[1]], words]
        elif name == b"SET" and any(word.upper() in (b"EXAT", b"PXAT") for word in words) and len(forms) == 1:
            # Redis keeps, and counts, a key that has expired until somebody looks at it.
            commands = [words, [b"EXISTS", words[1]]]
        return Step(client, commands, how if how in ("scan", "pause") else "plain")


class Difference:
    """Where two servers first differ on a sequence."""

    def __init__(self, step, words, reference, other, what):
        self.step, self.words, self.reference, self.other, self.what = step, words, reference, other, what

    @property
    def name(self):
        return self.words[0].upper().decode(errors="replace") if self.words else "(content)"

    @property
    def signature(self):
        return self.name, head(self.reference), head(self.other), self.what


def head(reply):
    """What kind of reply it is."""
    if isinstance(reply, tuple) and len(reply) == 2 and isinstance(reply[0], bytes):
        return reply[1][:40] if is_error(reply) else reply[0] + (b"null" if reply[1] is None else b"")
    return "content"


def compare(steps, a, b, asynchronous):
    """The first difference between what two servers answered and hold."""
    (replies_a, content_a), (replies_b, content_b) = a, b
    if asynchronous:
        difference = compare_frames(steps, replies_a, replies_b)
    else:
        difference = compare_replies(steps, replies_a, replies_b)
    if difference:
        return difference
    for key in sorted(set(content_a) | set(content_b)):
        held_a, held_b = content_a.get(key), content_b.get(key)
        if held_a is None or held_b is None or held_a[0] != held_b[0] or contents(held_a) != contents(held_b):
            what = "content of %r in database %s" % (key[1], key[0].decode())
            return Difference(len(steps), None, held_a, held_b, what)
        if held_a[1] != held_b[1] and (min(held_a[1], held_b[1]) < 0 or abs(held_a[1] - held_b[1]) > 10000):
            what = "expiry of %r in database %s" % (key[1], key[0].decode())
            return Difference(len(steps), None, held_a, held_b, what)
    return None


def contents(held):
    return with_one_zero(held[2]) if held[0] == (b"+", b"zset") else held[2]


def compare_replies(steps, replies_a, replies_b):
    queues, before = {}, {}
    for (at, client, words, a), (at_b, _, _, b) in zip(replies_a, replies_b):
        if words is None or at != at_b:
            return Difference(min(at, at_b), words, a, b, "reply")
        call = Call(words, a, b, *before.get(client, (None, None)))
        before[client] = (a, b)
        if words[0].upper() == b"EXEC" and a[0] == b[0] == b"*" and a[1] is not None and b[1] is not None:
            queue = queues.pop(client, [])
            if len(a[1]) != len(b[1]) or len(a[1]) != len(queue):
                return Difference(at, words, a, b, "reply")
            previous = (None, None)
            for queued, one, other in zip(queue, a[1], b[1]):
                if not same(Call(queued, one, other, *previous)):
                    return Difference(at, queued, one, other, "reply in EXEC")
                previous = (one, other)
            continue
        if not same(call):
            return Difference(at, words, a, b, "reply")
        if words[0].upper() == b"MULTI" and a == (b"+", b"OK"):
            queues[client] = []
        elif a == (b"+", b"QUEUED"):
            queues.setdefault(client, []).append(words)
    return None


def compare_frames(steps, replies_a, replies_b):
    """Each client's replies in their order: which came between which of another client's is not compared."""
    for client in range(3):
        a, b = frames_of(client, replies_a), frames_of(client, replies_b)
        for position in range(max(len(a), len(b))):
            at, one = a[position] if position < len(a) else (len(steps), (b"!", b"no reply"))
            at_b, other = b[position] if position < len(b) else (len(steps), (b"!", b"no reply"))
            words = steps[min(at, at_b)].commands[0] if min(at, at_b) < len(steps) else None
            if words and len(steps[min(at, at_b)].commands) == 1 and same(Call(words, one, other)):
                continue
            if one != other:
                return Difference(min(at, at_b), words, one, other, "reply %d to client %d" % (position, client))
    return None


def frames_of(client, replies):
    mine = [(at, reply) for at, owner, _, reply in replies if owner == client]
    mine.sort(key=lambda frame: is_notification(frame[1]))
    return list(zip([at for at, _ in mine], in_any_order([reply for _, reply in mine])))


class Comparison:
    """Two servers and what was found out about them."""

    def __init__(self, reference, other):
        self.players = Player(reference), Player(other)
        self.sequences, self.equal, self.commands = Counter(), Counter(), Counter()
        self.differing = Counter()
        self.found = {}

    def difference(self, protocol, steps, asynchronous):
        a, b = (player.play(steps, protocol, asynchronous) for player in self.players)
        return compare(steps, a, b, asynchronous), a, b

    def round(self, family, generator, seed, shrink):
        protocol, steps = generator.sequence(seed)
        asynchronous = family in ASYNCHRONOUS
        difference, _, _ = self.difference(protocol, steps, asynchronous)
        self.sequences[family] += 1
        for step in steps:
            for words in step.commands:
                self.commands[words[0].upper()] += 1
        if not difference:
            self.equal[family] += 1
            return
        self.differing[difference.name] += 1
        if difference.signature not in self.found:
            if shrink:
                steps, difference = self.shrunk(protocol, steps, asynchronous, difference)
            self.found.setdefault(difference.signature, (seed, family, protocol, steps, difference))

    def shrunk(self, protocol, steps, asynchronous, difference):
        """The shortest sequence found that differs in the same way."""
        deadline = time.monotonic() + 20

        def attempt(candidate):
            nonlocal steps, difference
            if time.monotonic() > deadline:
                return False
            found, _, _ = self.difference(protocol, candidate, asynchronous)
            if found and found.signature[:3] == difference.signature[:3]:
                steps, difference = candidate, found
                return True
            return False

        size = max(len(steps) // 2, 1)
        while size:
            at = 0
            while at < len(steps):
                if not attempt(steps[:at] + steps[at + size :]):
                    at += size
            size //= 2
        for at in range(len(steps)):
            for number in range(len(steps[at].commands)):
                word = len(steps[at].commands[number]) - 1
                while word > 0:
                    commands = [list(words) for words in steps[at].commands]
                    if commands[number][0].upper() in NEVER_SPOILED:
                        break
                    del commands[number][word]
                    attempt(steps[:at] + [Step(steps[at].client, commands, steps[at].how)] + steps[at + 1 :])
                    word -= 1
        return steps, difference


def describe(seed, family, protocol, steps, difference):
    """A difference as people read it."""
    lines = ["RESP%d, seed %s, family %s:" % (protocol, seed, family)]
    several = len({step.client for step in steps}) > 1
    for step in steps:
        for words in step.commands:
            who = "%d> " % step.client if several else ""
            lines.append("    %s%s%s" % (who, spelled(words), "   (until the cursor is 0)" if step.how == "scan" else ""))
        if step.how == "pause":
            lines.append("    (a pause of 12 ms)")
    lines.append("  %s%s" % (difference.what, ": " + spelled(difference.words)[:100] if difference.words else ""))
    for name, reply in (("redis", difference.reference), ("lvkv ", difference.other)):
        plain = isinstance(reply, tuple) and len(reply) == 2
        lines.append("    %s %s" % (name, shown(reply, 400) if plain else repr(reply)[:400]))
    return "\n".join(lines)


def show_one(comparison, name):
    seed, family, number = name.rsplit(":", 2)
    protocol, steps = Generator(family).sequence("%s:%s" % (seed, number))
    difference, a, b = comparison.difference(protocol, steps, family in ASYNCHRONOUS)
    print("RESP%d" % protocol)
    for which, replies in (("redis", a[0]), ("lvkv", b[0])):
        print("--- %s" % which)
        for at, client, words, reply in replies:
            print("%d> %s\n      %s" % (client, spelled(words) if words else "(step %d)" % at, shown(reply, 400)))
    print(describe(seed, family, protocol, steps, difference) if difference else "equal")
    return 1 if difference else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lvkv", metavar="PATH", help="the program lvkv; without it redis-server is compared with itself")
    parser.add_argument("--family", action="append", choices=sorted(FAMILIES), help="only these; may be given again")
    parser.add_argument("--rounds", type=int, default=1400, help="sequences in all (default %(default)s)")
    parser.add_argument("--seed", default="1", help="where the random numbers begin (default %(default)s)")
    parser.add_argument("--one", metavar="SEED:FAMILY:NUMBER", help="play one sequence and show each reply")
    parser.add_argument("--no-shrink", action="store_true", help="leave sequences that differ as long as they are")
    parser.add_argument("--report", metavar="FILE", help="write the differences there too")
    options = parser.parse_args()

    os.environ["LC_ALL"] = "C"
    reference = servers.redis()
    other = servers.lvkv(binary=options.lvkv) if options.lvkv else servers.redis("other")
    try:
        comparison = Comparison(reference, other)
        if options.one:
            return show_one(comparison, options.one)
        return run(comparison, options)
    finally:
        reference.close()
        other.close()


def run(comparison, options):
    families = options.family or list(FAMILIES)
    generators = {family: Generator(family) for family in families}
    began = time.monotonic()
    for number in range(options.rounds):
        family = families[number % len(families)]
        comparison.round(family, generators[family], "%s:%d" % (options.seed, number), not options.no_shrink)
    report = "\n\n".join(describe(*found) for found in comparison.found.values())
    if report:
        print(report + "\n")
    if options.report:
        with open(options.report, "w") as file:
            file.write(report + "\n")
    total, equal = sum(comparison.sequences.values()), sum(comparison.equal.values())
    print("%d sequences with %d commands, of %d different ones, in %.0f s (seed %s)" % (
        total, sum(comparison.commands.values()), len(comparison.commands), time.monotonic() - began, options.seed))
    for family in families:
        if comparison.sequences[family]:
            print("  %-14s %5d of %5d equal" % (family, comparison.equal[family], comparison.sequences[family]))
    for name, count in comparison.differing.most_common():
        print("  differs first at %-14s %5d times" % (name, count))
    print("%d of %d sequences equal: %.2f %%" % (equal, total, 100.0 * equal / max(total, 1)))
    return 0 if equal == total else 1


if __name__ == "__main__":
    sys.exit(main())
