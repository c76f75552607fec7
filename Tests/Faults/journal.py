"""What was asked of a database and what came of it, and whether what is there agrees.

The journal is kept by the process that asks, outside the database and outside the process that is killed.
"""

import json


class Journal:
    """The operations of one row of the table, and what the database may hold after them."""

    MOST_STATES = 4096

    def __init__(self, path):
        self.file = open(path, "w")
        self.path = path
        # A worker's state when last checked, and the operations since, each with its outcome.
        self.bases, self.since = {}, {}
        self.pending = {}
        self.counts = {"acknowledged": 0, "refused": 0, "unknown": 0}
        self.refusals = {}

    def begin(self, operation):
        self.pending[operation.number] = operation
        self.since.setdefault(operation.worker, []).append([operation, "pending"])
        self.file.write(json.dumps(["begin", operation.line().split("\t")]) + "\n")

    def end(self, number, outcome, reason=""):
        """Takes down an outcome: ok, refused or unknown."""
        operation = self.pending.pop(number)
        for entry in reversed(self.since[operation.worker]):
            if entry[0] is operation:
                entry[1] = outcome
                break
        self.counts["acknowledged" if outcome == "ok" else outcome] += 1
        if outcome != "ok":
            self.refusals[reason] = self.refusals.get(reason, 0) + 1
        self.file.write(json.dumps(["end", number, outcome, reason]) + "\n")

    def cut(self):
        """Takes down that nothing more is heard of what is under way."""
        for number in list(self.pending):
            self.pending.pop(number)
            self.counts["unknown"] += 1
        self.file.write('["cut"]\n')
        self.file.flush()

    def possible(self, worker):
        """The states that a worker's keys may be in: acknowledged operations count, refused ones do not, and each
        unknown one may or may not; those that were under way were in their order.

        What is unknown may come to be when the database is opened again, and until then be seen by nobody: an operation
        that found nothing to change was right, and goes before it.
        """
        # Each with the unknown operations that may still come.
        states = [(self.bases.get(worker, {}), ())]
        stopped = []
        for operation, outcome in self.since.get(worker, []):
            if outcome == "refused":
                continue
            after = []
            for state, coming in states:
                changed = operation.applied(state)
                after.append((changed, coming if changed == state else ()))
            if outcome == "ok":
                states = after
            elif outcome == "unknown":
                states = distinct([(state, (*coming, operation)) for state, coming in states] + after)
            else:
                stopped += states
                states = after
            if len(states) + len(stopped) > Journal.MOST_STATES:
                raise RuntimeError("too many unknown operations to tell what may be there")
        found = []
        for state, coming in stopped + states:
            ends = [state]
            for operation in coming:
                ends = distinct(ends + [operation.applied(end) for end in ends])
            found += ends
        return distinct(found)

    def prefixes(self, worker):
        """The states after each operation from the last synced one on: what may be left when the power was cut and
        operations were lost from the end."""
        since = self.since.get(worker, [])
        synced = max(
            (index + 1 for index, (operation, outcome) in enumerate(since)
             if outcome == "ok" and operation.durability == "synced"), default=0)
        state = self.bases.get(worker, {})
        states = []
        for index, (operation, outcome) in enumerate(since):
            if index >= synced:
                states.append(state)
            if outcome != "refused":
                state = operation.applied(state)
        return states + [state]

    def settle(self, worker, state):
        """Goes on from a state that was found."""
        self.bases[worker], self.since[worker] = state, []


def distinct(states):
    kept = []
    for state in states:
        if state not in kept:
            kept.append(state)
    return kept


def difference(found, wanted):
    """The names whose values differ."""
    return sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))


def check(journal, states, problems, power_cut=False):
    """Compares what was found with what may be there.

    Returns the losses: one for each key, record or document that is not as any allowed state has it, and each thing that
    is wrong in itself. Goes on from what was found.
    """
    losses = list(problems)
    workers = {*journal.bases, *journal.since}
    for name in sorted({"w%d" % worker for worker in workers} ^ {*states}):
        if name in states:
            losses.append("there are keys of nobody: %s" % name)
    lost = 0
    for worker in sorted(workers):
        found = states.get("w%d" % worker, {})
        allowed = journal.prefixes(worker) if power_cut else journal.possible(worker)
        if power_cut:
            matching = [index for index, state in enumerate(allowed) if state == found]
            if matching:
                lost += len(allowed) - 1 - matching[-1]
        if found not in allowed:
            nearest = min((difference(found, state) for state in allowed), key=len)
            latest = allowed[-1]
            losses += [
                "%s: found %.150r, wanted %.150r" % (name, found.get(name), latest.get(name)) for name in nearest]
        journal.settle(worker, found)
    return losses, lost
