"""Random commands from a grammar: valid ones, and ones that are wrong in a way that people and programs get wrong.

A form is a line such as ``SET skey value {NX|XX; GET; EX ttl|KEEPTTL}``. Words in capitals stand for themselves, those in
small letters are kinds of argument (below) or themselves; ``[x]`` is x or nothing, ``<x|y>`` one of them, ``(x y)+`` one to
four times, ``{x; y; z}`` some of them in any order. ``3*`` before a form makes it three times as frequent.
"""

import re

KEYS = {
    "skey": [b"s1", b"s2", b"n1", b"n2"],
    "lkey": [b"l1", b"l2"],
    "hkey": [b"h1", b"h2"],
    "tkey": [b"t1", b"t2", b"t3"],
    "zkey": [b"z1", b"z2", b"z3"],
    "xkey": [b"x1", b"x2"],
}
ANY_KEY = [key for keys in KEYS.values() for key in keys] + [b"", b"missing", b"with space", b"\x00\x01\r\n", "ключ".encode()]

WORDS = [b"a", b"b", b"c", b"d", b"e", b"f", b"aa", b"ab", b"B", b"hello", b"world"]
NUMBERS = [b"0", b"1", b"2", b"3", b"10", b"-1", b"-5", b"100", b"3.5", b"-0.25", b"1e3", b"10.00"]
ODD_VALUES = [
    b"", b" ", b"\r\n", b"\x00", b"\xff\xfe", b"a b", b'"', b"x" * 70, b"y" * 300, b"9223372036854775807",
    b"-9223372036854775808", b"nan", b"inf", "größe".encode(), b"%s%n", b"*", b"[", b"0x10",
]
WRONG_INTEGERS = [
    b"", b"abc", b"1.5", b" 1", b"1 ", b"+1", b"01", b"-0", b"9223372036854775808", b"-9223372036854775809", b"1e2", b"0x1",
    b"99999999999999999999999", b"nan", b"-", b"\xff",
]
EDGES = [b"9223372036854775807", b"-9223372036854775808", b"9223372036854775806", b"4294967296", b"2147483648", b"-2147483649"]
FLOATS = [
    b"0", b"1", b"2", b"-1", b"1.5", b"-2.25", b"3.0", b"0.1", b"1e3", b"1e-5", b"123456789.125", b"-0", b"5e-324", b"1e17",
    b"3.14159265358979", b"1e21", b"0.30000000000000004", b"100000000000000000000", b"inf", b"-inf", b"+inf", b"Infinity",
]
WRONG_FLOATS = [b"", b"nan", b"-nan", b"abc", b"1,5", b" 1", b"1 ", b"1e400", b"-1e400", b"(1", b"1.2.3", b"--1", b"1e", b"\x001"]
PATTERNS = [
    b"*", b"?1", b"s*", b"l*", b"*1", b"[sl]1", b"[^s]*", b"[a-l]?", b"h1", b"", b"\\*", b"**", b"[", b"[a", b"s\\1", b"*a*",
    b"a", b"?", b"[b-a]*", b"*[^12]", b"\\", b"h[\\1]", b"missing",
]


class Source:
    """Arguments of each kind, from a random generator."""

    def __init__(self, random):
        self.random = random

    def word(self, kind):
        """The arguments of one word of a form: mostly one."""
        name, _, detail = kind.partition(":")
        return getattr(self, "kind_" + name)(*([detail] if detail else []))

    def one(self, usual, odd=(), share=0.1):
        return [self.random.choice(odd if odd and self.random.random() < share else usual)]

    def kind_key(self):
        return self.one(ANY_KEY)

    def typed(self, kind):
        return self.one(KEYS[kind], ANY_KEY, 0.12)

    def kind_skey(self):
        return self.typed("skey")

    def kind_lkey(self):
        return self.typed("lkey")

    def kind_hkey(self):
        return self.typed("hkey")

    def kind_tkey(self):
        return self.typed("tkey")

    def kind_zkey(self):
        return self.typed("zkey")

    def kind_xkey(self):
        """Sorted sets whose scores are all the same: of others Redis leaves ranges of members undefined."""
        return self.one(KEYS["xkey"], [b"missing", b"s1", b"l1", b"t1"])

    def kind_tzkey(self):
        return self.typed(self.random.choice(["tkey", "zkey", "zkey"]))

    def kind_value(self):
        return self.one(self.random.choice([WORDS, NUMBERS]), ODD_VALUES, 0.2)

    def kind_member(self):
        return self.one(WORDS + NUMBERS[:5], ODD_VALUES, 0.12)

    def kind_many(self):
        """As many members as are kept in a form of their own, not in one value."""
        return [b"%d" % number for number in self.random.sample(range(600), self.random.choice([130, 200, 350]))]

    def kind_manypairs(self):
        """Scores with members, or fields with values: numbers, some of which come again and again."""
        return [word for member in self.kind_many() for word in (b"%d" % (int(member) * 7 % 97 - 20), member)]

    def kind_longvalue(self):
        return [self.random.choice([b"v", b"long "]) * self.random.choice([800, 5000])]

    def kind_numeric(self):
        return self.one(NUMBERS, ODD_VALUES, 0.1)

    def kind_int(self):
        if self.random.random() < 0.12:
            return [self.random.choice(WRONG_INTEGERS + EDGES)]
        # Now and then one that is about the middle of many.
        far = self.random.random() < 0.15
        return [b"%d" % (self.random.randint(-400, 400) if far else self.random.randint(-3, 12))]

    kind_index = kind_int

    def kind_count(self):
        """How many: never so large a negative number that an answer with repeats would be too long to send."""
        if self.random.random() < 0.12:
            return [self.random.choice(WRONG_INTEGERS + [b"9223372036854775807", b"-9223372036854775808", b"4611686018427387904"])]
        return [b"%d" % self.random.randint(-4, 12)]

    def kind_positive(self):
        return self.kind_count() if self.random.random() < 0.15 else [b"%d" % self.random.randint(1, 5)]

    def kind_bit(self):
        return self.one([b"0", b"1"], [b"2", b"-1", b"x", b""])

    def kind_bitoffset(self):
        if self.random.random() < 0.1:
            return [self.random.choice(WRONG_INTEGERS + [b"4294967296", b"536870912", b"9223372036854775807"])]
        return [b"%d" % self.random.choice([0, 1, 7, 8, 9, 15, 31, 100, self.random.randint(0, 3000)])]

    def kind_bytes(self):
        """The content of a string whose bits are looked at."""
        return [bytes(self.random.choice([0, 255, 1, 128, self.random.randint(0, 255)]) for _ in range(self.random.randint(0, 12)))]

    def kind_offset(self):
        if self.random.random() < 0.1:
            return [self.random.choice(WRONG_INTEGERS + [b"67108864", b"9223372036854775807"])]
        return [b"%d" % self.random.choice([0, 1, 2, 5, 20, 300, -1])]

    def kind_bittype(self):
        usual = [b"u1", b"u8", b"i8", b"u4", b"i5", b"u16", b"i16", b"u32", b"i32", b"u63", b"i64"]
        return self.one(usual, [b"u64", b"i65", b"u0", b"x8", b"u", b"i", b"U8", b"u8x", b""])

    def kind_bitplace(self):
        return self.one([b"0", b"#0", b"#1", b"#2", b"4", b"7", b"100"], [b"-1", b"#-1", b"#", b"x", b"4294967295", b"#99999999999"])

    def kind_bitvalue(self):
        return self.one([b"%d" % self.random.randint(-300, 300)], EDGES + WRONG_INTEGERS, 0.15)

    def kind_ttl(self):
        """Far away or long ago, so that no reply depends on how fast the servers are."""
        return self.one([b"100", b"1000", b"200", b"5000"], EDGES + WRONG_INTEGERS + [b"0", b"-1", b"-100", b"9223372036854775"], 0.25)

    def kind_pttl(self):
        return self.one([b"100000", b"1000000", b"200500"], EDGES + WRONG_INTEGERS + [b"0", b"-1", b"-100000"], 0.25)

    def kind_at(self):
        return self.one([b"4102444800", b"4102444900", b"5000000000"], EDGES + WRONG_INTEGERS + [b"1", b"0", b"-1", b"1000000000"], 0.25)

    def kind_pat(self):
        return self.one([b"4102444800000", b"4102444900123"], EDGES + WRONG_INTEGERS + [b"1", b"0", b"-1", b"1000000000000"], 0.25)

    def kind_float(self):
        return self.one(FLOATS, WRONG_FLOATS, 0.12)

    def kind_score(self):
        return self.one([b"0", b"1", b"2", b"3", b"1", b"1.5", b"-1"], FLOATS + WRONG_FLOATS, 0.25)

    def kind_scorebound(self):
        usual = [b"-inf", b"+inf", b"inf", b"0", b"1", b"2", b"3", b"(1", b"(2", b"(3", b"1.5", b"(-inf", b"(+inf", b"-1"]
        return self.one(usual, [b"", b"nan", b"abc", b"1e400", b" 1", b"(", b"((1", b"[1", b"( 1", b"(nan"])

    def kind_lexbound(self):
        usual = [b"-", b"+", b"[a", b"[b", b"(a", b"(b", b"[aa", b"[d", b"(e", b"[", b"("]
        return self.one(usual, [b"a", b"", b"-x", b"+x", b"\xff", b"[\xff", b"-inf"])

    def kind_pattern(self):
        return self.one(PATTERNS)

    def kind_by(self):
        return self.one([b"nosort", b"h1->f*", b"n*", b"s*", b"w_*", b"missing*", b"h*->f1", b"*"], [b"", b"->", b"*->", b"h1->*"], 0.1)

    def kind_get(self):
        return self.one([b"#", b"s*", b"h1->f*", b"n*", b"h*->f1", b"missing*"], [b"", b"x", b"h1->", b"*->f1"], 0.1)

    def kind_wait(self):
        """Of commands that wait: short, or wrong."""
        return self.one([b"0.01", b"0.02", b"0.01"], [b"-1", b"abc", b"", b"-0.1", b"99999999999999999999", b"nan"], 0.15)

    def kind_weight(self):
        return self.one([b"1", b"2", b"0", b"-1", b"0.5", b"inf"], WRONG_FLOATS + [b"-inf"], 0.1)

    def kind_numkeys(self, kind="zkey"):
        keys = [self.word(kind)[0] for _ in range(self.random.choice([1, 1, 2, 2, 2, 3, 4]))]
        number = b"%d" % len(keys)
        if self.random.random() < 0.08:
            number = self.random.choice([b"0", b"-1", b"100", b"abc", b"", b"9223372036854775807", b"1", b"2"])
        return [number] + keys

    def kind_db(self):
        return self.one([b"0", b"1", b"2"], [b"15", b"16", b"-1", b"abc", b"", b"9223372036854775807"], 0.15)

    def kind_idle(self):
        return self.one([b"10", b"0"])

    def kind_cursor(self):
        return self.one([b"0"], [b"abc", b"-1", b"", b"18446744073709551616", b"1.5"], 1)

    def kind_scancount(self):
        return self.one([b"1", b"2", b"5", b"10", b"1000"], [b"0", b"-1", b"abc", b"", b"99999999999999999999"], 0.1)

    def kind_typename(self):
        return self.one([b"string", b"list", b"hash", b"set", b"zset", b"stream", b"ZSET", b"nothing", b""])

    def kind_channel(self):
        return self.one([b"ch1", b"ch2", b"news.a", b"news.b"])

    def kind_chpattern(self):
        return self.one([b"ch*", b"news.*", b"*", b"ch?", b"ch[12]", b"nothing", b"__key*"])

    def kind_name(self):
        return self.one([b"alice", b"bob", b""], [b"a b", b"x\n", b"\x80", b"a" * 100], 0.2)


def is_kind(token):
    return hasattr(Source, "kind_" + token.partition(":")[0])


class Form:
    """A line of the grammar, ready to make commands."""

    TOKEN = re.compile(r"[\[\]{}<>|;()]\+?|[^\s\[\]{}<>|;()]+")

    def __init__(self, line):
        self.tokens = self.TOKEN.findall(line)
        self.at = 0
        self.tree = self.sequence(())

    def sequence(self, ends):
        """What stands up to one of `ends`: a list of nodes."""
        nodes = []
        while self.at < len(self.tokens) and self.tokens[self.at] not in ends:
            token = self.tokens[self.at]
            self.at += 1
            if token == "[":
                nodes.append(("optional", self.sequence(("]",))))
                self.at += 1
            elif token == "(":
                inner = self.sequence((")", ")+"))
                nodes.append(("repeat" if self.tokens[self.at] == ")+" else "group", inner))
                self.at += 1
            elif token == "<":
                nodes.append(("choice", self.alternatives("|", ">")))
            elif token == "{":
                nodes.append(("some", self.alternatives(";", "}")))
            elif token.endswith("+") and is_kind(token[:-1]):
                nodes.append(("repeat", [("kind", token[:-1])]))
            elif is_kind(token):
                nodes.append(("kind", token))
            else:
                nodes.append(("word", token.encode()))
        return nodes

    def alternatives(self, separator, end):
        found = []
        while True:
            inner = self.sequence((separator, end, "|"))
            if self.tokens[self.at] == "|" and separator == ";":
                choice = [inner]
                while self.tokens[self.at] == "|":
                    self.at += 1
                    choice.append(self.sequence((separator, end, "|")))
                inner = [("choice", choice)]
            found.append(inner)
            self.at += 1
            if self.tokens[self.at - 1] == end:
                return found

    def make(self, source):
        """A command: its words."""
        return self.expand(self.tree, source)

    def expand(self, nodes, source):
        random, words = source.random, []
        for kind, what in nodes:
            if kind == "word":
                words.append(what if random.random() < 0.95 else bytes(random.choice([c, c ^ 32]) if chr(c).isalpha() else c for c in what))
            elif kind == "kind":
                words += source.word(what)
            elif kind == "optional":
                if random.random() < 0.5:
                    words += self.expand(what, source)
            elif kind == "group":
                words += self.expand(what, source)
            elif kind == "repeat":
                for _ in range(random.choice([1, 1, 1, 2, 2, 3, 4])):
                    words += self.expand(what, source)
            elif kind == "choice":
                words += self.expand(random.choice(what), source)
            else:
                chosen = [part for part in what if random.random() < 0.4]
                random.shuffle(chosen)
                if chosen and random.random() < 0.05:
                    chosen.append(random.choice(what))
                for part in chosen:
                    words += self.expand(part, source)
        return words


# lvkv refuses keys that begin with FF; Redis takes a number for ended at a NUL.
NOT_SPOILED = (b"\xff", b"\x00")


def spoiled(words, source):
    """The command with one thing wrong: a word missing, doubled, added, or another."""
    random, words = source.random, list(words)
    at = random.randrange(1, len(words)) if len(words) > 1 else None
    what = random.randrange(5)
    if what == 0 and at:
        del words[at]
    elif what == 1 and at:
        words.insert(at, words[at])
    elif what == 2:
        words.append(random.choice([b"extra", b"", b"1", b"NX", b"LIMIT", b"COUNT"]))
    elif at and what == 3:
        words[at] = random.choice([word for word in WRONG_INTEGERS + WRONG_FLOATS + ODD_VALUES if word[:1] not in NOT_SPOILED])
    elif len(words) > 1:
        del words[random.randrange(1, len(words)) :]
    return words
