"""That the laboratory sees what is lost: python3 -m unittest test_journal, in this folder."""

import os
import tempfile
import unittest

from journal import Journal, check
from load import Operation, Worker, is_whole, parse_dump, value


class JournalTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.journal = Journal(os.path.join(self.folder.name, "journal"))
        self.number = 0

    def tearDown(self):
        self.journal.file.close()
        self.folder.cleanup()

    def do(self, outcome, name, *arguments, durability="buffered"):
        self.number += 1
        self.journal.begin(Operation(self.number, 0, durability, name, list(arguments)))
        if outcome is not None:
            self.journal.end(self.number, outcome)

    def losses(self, held, **options):
        return check(self.journal, {"w0": held}, [], **options)[0]

    def test_an_acknowledged_operation_that_is_gone_is_a_loss(self):
        self.do("ok", "put", "w0:a", "1")
        self.assertEqual(len(self.losses({})), 1)

    def test_a_refused_operation_that_is_there_is_a_loss(self):
        self.do("refused", "put", "w0:a", "1")
        self.assertEqual(len(self.losses({"w0:a": ("string", "1")})), 1)

    def test_an_unknown_operation_may_come_after_one_that_changed_nothing_and_not_after_one_that_did(self):
        self.do("unknown", "put", "w0:a", "1")
        self.do("ok", "del", "w0:a")
        self.assertEqual(len(self.losses({"w0:a": ("string", "1")})), 0)
        self.do("unknown", "put", "w0:a", "2")
        self.do("ok", "put", "w0:a", "3")
        self.do("ok", "del", "w0:b")
        self.assertEqual(len(self.losses({"w0:a": ("string", "2")})), 1)

    def test_an_unknown_operation_may_be_there_or_not_but_whole(self):
        batch = ("batch", "w0:a", "1", "w0:b", "2")
        for held, count in (({}, 0), ({"w0:a": ("string", "1"), "w0:b": ("string", "2")}, 0), ({"w0:a": ("string", "1")}, 1)):
            self.do("unknown", *batch)
            self.assertEqual(len(self.losses(held)), count)
            self.journal.settle(0, {})

    def test_what_was_under_way_is_there_in_its_order(self):
        for name in ("a", "b"):
            self.do(None, "put", "w0:" + name, "1")
        self.journal.cut()
        self.assertEqual(self.losses({"w0:a": ("string", "1")}), [])
        self.journal.settle(0, {})
        for name in ("a", "b"):
            self.do(None, "put", "w0:" + name, "1")
        self.journal.cut()
        self.assertNotEqual(self.losses({"w0:b": ("string", "1")}), [])

    def test_a_power_cut_takes_buffered_operations_from_the_end_only(self):
        def some():
            self.do("ok", "put", "w0:a", "1", durability="synced")
            self.do("ok", "put", "w0:b", "1")
            self.do("ok", "put", "w0:c", "1")

        for names, is_allowed in (("abc", True), ("ab", True), ("a", True), ("ac", False), ("", False)):
            some()
            held = {"w0:" + name: ("string", "1") for name in names}
            self.assertEqual(self.losses(held, power_cut=True) == [], is_allowed, names)
            self.journal.settle(0, {})

    def test_counts_that_differ_and_torn_values_are_seen(self):
        good = value("w0:a", 7, 16)
        self.assertTrue(is_whole(good))
        self.assertFalse(is_whole(good.replace("7", "8", 1)))
        text = "string\tw0:a\t%s\nlist\tw0:l\t3\ta\tb\n!\tan index differs\n" % good.replace("7", "8", 1)
        self.assertEqual(len(parse_dump(text)[1]), 3)

    def test_every_operation_of_the_load_has_its_effect(self):
        worker, state = Worker(0, 1), {}
        for number in range(3000):
            state = worker.next(number).applied(state)
        self.assertGreater(len(state), 30)


if __name__ == "__main__":
    unittest.main()
