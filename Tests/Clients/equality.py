"""When two replies are the same. They are if their bytes are; each exception stands here with its reason.

What lvkv does differently on purpose is listed in the documentation's article "Compatibility with Redis": keep both in step.
"""


def leaves(reply):
    """The strings and numbers in a reply."""
    kind, payload = reply
    if isinstance(payload, list):
        return [leaf for item in payload for leaf in leaves(item)]
    return [payload]


def shape(reply):
    """The types in a reply, without what is in it."""
    kind, payload = reply
    if isinstance(payload, list):
        return kind, [shape(item) for item in payload]
    return kind, payload is None


def is_error(reply):
    return reply[0] in (b"-", b"!")


def order(item):
    return repr(item)


class Call:
    """A command, its reply from either server, and what the command before it was answered."""

    def __init__(self, words, a, b, before_a=None, before_b=None):
        self.words, self.a, self.b, self.before_a, self.before_b = words, a, b, before_a, before_b
        self.upper = [word.upper() for word in words]


def unordered(call):
    """Redis gives them in the order of its hash tables."""
    return shape(call.a)[0] == shape(call.b)[0] and sorted(call.a[1], key=order) == sorted(call.b[1], key=order)


def unordered_pairs(call):
    """As `unordered`, for names with values."""
    def pairs(reply):
        return sorted(([reply[1][at : at + 2] for at in range(0, len(reply[1]), 2)]), key=order)

    return call.a[0] == call.b[0] and pairs(call.a) == pairs(call.b)


def within(tolerance):
    """Numbers that say when: both servers' clocks, and a busy machine, differ a little."""
    def rule(call):
        return call.a[0] == call.b[0] == b":" and (
            call.a == call.b or min(int(call.a[1]), int(call.b[1])) > 0 and abs(int(call.a[1]) - int(call.b[1])) <= tolerance
        )

    return rule


def same_shape(call):
    """What is in it is a matter of the server, of chance or of the moment: types and lengths are compared."""
    return shape(call.a) == shape(call.b)


def same_kind(call):
    """What is in it is a matter of the server: one call of a scan with a cursor that was made up."""
    return call.a[0] == call.b[0]


def random(call):
    """Random elements: as many, as distinct, and all of them from what the key held just before."""
    def seen(reply, before):
        pool = set(leaves(before))
        items = reply[1] if isinstance(reply[1], list) else [reply]
        distinct = len({repr(item) for item in items}) == len(items)
        return shape(reply), all(leaf in pool or leaf is None for leaf in leaves(reply)), distinct

    a, b = seen(call.a, call.before_a), seen(call.b, call.before_b)
    repeats = len(call.words) > 2 and call.words[2].startswith(b"-")
    values = len(call.words) > 3
    return a[:2] == b[:2] and a[1] and (repeats or values or a[2] == b[2])


def is_notification(reply):
    """To the client that makes a change Redis tells of it before some commands' replies and after others'."""
    payload = reply[1]
    if not isinstance(payload, list) or payload[:1] not in ([(b"$", b"message")], [(b"$", b"pmessage")]):
        return False
    return payload[-2][1].startswith(b"__key")


def in_any_order(frames):
    """What a client gets without asking, with its order where Redis keeps one.

    Redis keeps patterns in a hash table, and a connection's subscriptions too: one message reaches a client that subscribed
    to several matching patterns in any order, and an UNSUBSCRIBE of everything names the channels in any order.
    """
    def run_of(frame):
        payload = frame[1]
        name = payload[0][1] if isinstance(payload, list) and payload and payload[0][0] == b"$" else None
        if name == b"pmessage":
            return name, payload[2:]
        return (name, None) if name in (b"unsubscribe", b"punsubscribe") else None

    done, at = [], 0
    while at < len(frames):
        run, end = run_of(frames[at]), at + 1
        while run and end < len(frames) and run_of(frames[end]) == run:
            end += 1
        if run and run[1] is None:
            names = sorted((frame[1][1] for frame in frames[at:end]), key=order)
            done += [(frame[0], [frame[1][0], name, frame[1][2]]) for frame, name in zip(frames[at:end], names)]
        else:
            done += sorted(frames[at:end], key=order) if run else frames[at:end]
        at = end
    return done


def sort(call):
    """Elements come in no order that is told: of a set that is not sorted, and those of equal weight as texts."""
    words = call.upper
    by = [words[at + 1] for at in range(len(words) - 1) if words[at] == b"BY"]
    constant = any(b"*" not in pattern for pattern in by)
    free = by and (constant and call.before_a[1] == b"set" or b"ALPHA" in words)
    if not free:
        return False
    if b"LIMIT" in words or b"GET" in words:
        return call.a[0] == call.b[0] and len(call.a[1]) == len(call.b[1])
    return unordered(call)


def with_one_zero(reply):
    """A reply in which the score -0 is 0, as it always is in lvkv; Redis shows -0 in large sorted sets."""
    kind, payload = reply
    if isinstance(payload, list):
        return kind, [with_one_zero(item) for item in payload]
    return kind, b"0" if payload == b"-0" else payload


def is_made_up_cursor(call):
    """lvkv takes the cursors that it gave, plain numbers; Redis all that C reads as a number, such as -1."""
    place = {b"SCAN": 1, b"SSCAN": 2, b"HSCAN": 2, b"ZSCAN": 2}.get(call.upper[0], len(call.words))
    return any(not word.isdigit() for word in call.words[place : place + 1])


def same_text(call):
    """What is not UTF-8 is replaced in lvkv's errors and in names of users."""
    def text(reply):
        kind, payload = reply
        if isinstance(payload, list):
            return kind, [text(item) for item in payload]
        return kind, payload and payload.decode(errors="replace")

    return text(call.a) == text(call.b)


def is_endless_time(call):
    """A time to wait beyond 64 bits: Redis's sum overflows and it says that the time is negative."""
    return call.b == (b"-", b"ERR timeout is out of range") and call.a == (b"-", b"ERR timeout is negative")


def is_other_bound(call):
    """Some settings have bounds of lvkv's own."""
    between = b"argument must be between"
    return call.upper[0] == b"CONFIG" and between in (call.a[1] or b"") and between in (call.b[1] or b"")


def is_left_over_error(call):
    """Redis's SORT takes an error that C's strtod left behind in an earlier command for one of its own."""
    return call.upper[0] in (b"SORT", b"SORT_RO") and not is_error(call.b) and call.a == (
        b"-", b"ERR One or more scores can't be converted into double")


def is_cut(call):
    """Redis's text of an error ends, in places, at a NUL in what the client sent."""
    start = b"ERR unknown"
    return any(b"\0" in word for word in call.words) and is_error(call.a) and is_error(call.b) and (
        call.a[1].startswith(start) and call.b[1].startswith(start))


def hello(call):
    """The server's name, its version and the number of the connection are its own."""
    def facts(reply):
        flat = reply[1]
        return {flat[at][1]: flat[at + 1] for at in range(0, len(flat), 2)}

    a, b = facts(call.a), facts(call.b)
    own = (b"server", b"version", b"id")
    return call.a[0] == call.b[0] and list(a) == list(b) and all(a[name] == b[name] for name in a if name not in own)


def categories(call):
    """lvkv has one more, for its own commands."""
    return call.a[0] == call.b[0] and [name for name in call.b[1] if name[1] != b"record"] == call.a[1]


def command_info(call):
    """Name, arity and the places of the keys; flags, categories and what Redis 7 adds are hints that differ."""
    def facts(reply):
        return [item[1] and (item[1][0], item[1][1], item[1][3:6]) for item in reply[1]]

    if len(call.words) < 3 or any(word in (b"EVAL", b"XADD") for word in call.upper):
        return same_kind(call)
    return call.a[0] == call.b[0] and facts(call.a) == facts(call.b)


RULES = {
    b"KEYS": unordered,
    b"SMEMBERS": unordered,
    b"SINTER": unordered,
    b"SUNION": unordered,
    b"SDIFF": unordered,
    b"HKEYS": unordered,
    b"HVALS": unordered,
    b"HGETALL": unordered_pairs,
    b"PUBSUB": unordered,
    b"CONFIG": unordered_pairs,
    b"TTL": within(3),
    b"PTTL": within(5000),
    b"EXPIRETIME": within(10),
    b"PEXPIRETIME": within(10000),
    b"SPOP": random,
    b"SRANDMEMBER": random,
    b"HRANDFIELD": random,
    b"ZRANDMEMBER": random,
    b"RANDOMKEY": same_shape,
    b"SORT": sort,
    b"SORT_RO": sort,
    b"SCAN": same_kind,
    b"SSCAN": same_kind,
    b"HSCAN": same_kind,
    b"ZSCAN": same_kind,
    b"HELLO": hello,
    b"TIME": same_shape,
    b"INFO": same_shape,
    b"LASTSAVE": same_shape,
    b"SLOWLOG GET": same_kind,
    b"SLOWLOG": same_shape,
    b"CLIENT ID": same_shape,
    b"CLIENT INFO": same_shape,
    b"CLIENT LIST": same_shape,
    b"ACL GENPASS": same_shape,
    b"OBJECT": same_shape,
    b"MEMORY": same_shape,
    b"COMMAND COUNT": same_shape,
    b"ACL CAT": categories,
    b"ACL": same_text,
    b"COMMAND": command_info,
}


def same(call):
    """Whether both servers answered a command the same."""
    if call.a == call.b:
        return True
    if call.upper[0].lstrip(b"B")[:1] == b"Z" and with_one_zero(call.a) == with_one_zero(call.b):
        return True
    if is_error(call.a) or is_error(call.b):
        exceptions = (is_made_up_cursor, is_endless_time, is_other_bound, is_left_over_error, is_cut, same_text)
        return any(exception(call) for exception in exceptions)
    name = call.upper[0]
    rule = RULES.get(b" ".join(call.upper[:2])) or RULES.get(name)
    if not rule:
        return False
    try:
        return rule(call)
    except (TypeError, IndexError, AttributeError, ValueError):
        return False
