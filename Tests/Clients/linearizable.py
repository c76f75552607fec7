"""Whether a history of concurrent operations on one register is linearizable: Wing and Gong's search, with Lowe's memory of
where it has been.

An operation is a tuple (begin, end, kind, argument, result); `end` is None when nobody knows whether it happened: then it may
have happened at any time after its begin, or not at all. Kinds are `get`, `set`, `getset`, `incr` and `delete`, whose
results are what Redis replies; a register's value is None or an integer.
"""


def apply(value, kind, argument):
    """The value after an operation and its result."""
    if kind == "get":
        return value, value
    if kind == "set":
        return argument, "OK"
    if kind == "getset":
        return argument, value
    if kind == "incr":
        return (value or 0) + argument, (value or 0) + argument
    if kind == "delete":
        return None, int(value is not None)
    raise ValueError(kind)


def is_linearizable(history, value=None):
    """Whether the operations have an order that begins with `value`, keeps what was over before another began, and explains
    each result."""
    operations = sorted(history, key=lambda operation: operation[0])
    certain = sum(1 << index for index, operation in enumerate(operations) if operation[1] is not None)
    seen = set()
    # What was done, as bits, and the value after it.
    stack = [(0, value)]
    while stack:
        done, value = stack.pop()
        if done & certain == certain:
            return True
        if (done, value) in seen:
            continue
        seen.add((done, value))
        # The next operation is one that had begun before any that is left had ended.
        first_end = None
        index = (~done & (done + 1)).bit_length() - 1
        while index < len(operations):
            if not done >> index & 1:
                begin, end, kind, argument, result = operations[index]
                if first_end is not None and begin > first_end:
                    break
                after, expected = apply(value, kind, argument)
                if end is None or expected == result:
                    stack.append((done | 1 << index, after))
                if end is not None and (first_end is None or end < first_end):
                    first_end = end
            index += 1
    return False
