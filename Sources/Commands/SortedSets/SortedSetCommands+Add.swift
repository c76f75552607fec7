internal import OrderedStore
internal import Structures

extension SortedSetCommands {
    /// What `ZADD` is asked for.
    struct Addition {
        var isIncrement = false
        /// Where the pairs of score and member begin.
        var start = 2
        private var onlyNew = false
        private var onlyOld = false
        private var onlyGreater = false
        private var onlyLess = false
        private(set) var countsChanges = false

        init(isIncrement: Bool, start: Int) {
            self.isIncrement = isIncrement
            self.start = start
        }

        init(_ arguments: Arguments) throws(CommandError) {
            options: while start < arguments.count {
                if arguments.matches(start, "NX") {
                    onlyNew = true
                } else if arguments.matches(start, "XX") {
                    onlyOld = true
                } else if arguments.matches(start, "CH") {
                    countsChanges = true
                } else if arguments.matches(start, "INCR") {
                    isIncrement = true
                } else if arguments.matches(start, "GT") {
                    onlyGreater = true
                } else if arguments.matches(start, "LT") {
                    onlyLess = true
                } else {
                    break options
                }
                start += 1
            }
            let words = arguments.count - start
            guard words > 0, words.isMultiple(of: 2) else { throw CommandError.syntax }
            if onlyNew, onlyOld {
                throw CommandError("ERR XX and NX options at the same time are not compatible")
            }
            if onlyGreater && (onlyNew || onlyLess) || onlyLess && onlyNew {
                throw CommandError("ERR GT, LT, and/or NX options at the same time are not compatible")
            }
            if isIncrement, words > 2 {
                throw CommandError("ERR INCR option supports a single increment-element pair")
            }
        }

        /// The score that a member is to have; `nil` where the options leave it as it is.
        func score(_ score: Double, from old: Double?) throws(CommandError) -> Double? {
            guard let old else { return onlyOld ? nil : score }
            if onlyNew { return nil }
            let new = isIncrement ? old + score : score
            if new.isNaN { throw CommandError("ERR resulting score is not a number (NaN)") }
            return onlyGreater && new <= old || onlyLess && new >= old ? nil : new
        }
    }

    static func add(_ arguments: Arguments, _ addition: Addition, _ call: DataCall) throws {
        var scores: [Double] = []
        for index in stride(from: addition.start, to: arguments.count, by: 2) {
            scores.append(try arguments.double(index))
        }
        var set = try StoredSortedSet(call.keys, arguments[1])
        var (added, updated): (Int, Int) = (0, 0)
        var result: Double?
        for (index, score) in scores.enumerated() {
            let member = arguments[addition.start + 2 * index + 1]
            let old = try set.score(of: member)
            guard let new = try addition.score(score, from: old) else { continue }
            result = new
            guard new != old else { continue }
            try set.set(member, to: new, from: old)
            if old == nil { added += 1 } else { updated += 1 }
        }
        if added + updated > 0 {
            try set.store(arguments[1])
            call.keys.note(arguments[1], addition.isIncrement ? "zincr" : "zadd", .sortedSet)
        }
        if addition.isIncrement {
            call.reply.double(result)
        } else {
            call.reply.integer(addition.countsChanges ? added + updated : added)
        }
    }
}
