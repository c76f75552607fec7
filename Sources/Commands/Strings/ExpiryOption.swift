internal import Structures

/// When a key shall expire, as options say it.
struct ExpiryOption {
    private enum Unit {
        case seconds, milliseconds, secondsSince1970, millisecondsSince1970
    }

    private var unit: Unit
    private var index: Int

    /// Reads `EX`, `PX`, `EXAT` or `PXAT` and the number behind it.
    ///
    /// - Parameter index: of the word; moved on to the number when it is one of them.
    /// - Returns: `nil` when it is none, or `other` is given and of another kind.
    init?(_ arguments: Arguments, _ index: inout Int, after other: ExpiryOption?) {
        let unit: Unit
        if arguments.matches(index, "EX") {
            unit = .seconds
        } else if arguments.matches(index, "PX") {
            unit = .milliseconds
        } else if arguments.matches(index, "EXAT") {
            unit = .secondsSince1970
        } else if arguments.matches(index, "PXAT") {
            unit = .millisecondsSince1970
        } else {
            return nil
        }
        guard index + 1 < arguments.count, other == nil || other?.unit == unit else { return nil }
        index += 1
        self.unit = unit
        self.index = index
    }

    /// A number of seconds or milliseconds from now on, in the word at `index`.
    static func after(secondsAt index: Int) -> ExpiryOption { ExpiryOption(unit: .seconds, index: index) }
    static func after(millisecondsAt index: Int) -> ExpiryOption { ExpiryOption(unit: .milliseconds, index: index) }

    private init(unit: Unit, index: Int) {
        self.unit = unit
        self.index = index
    }

    /// Whether it names a moment rather than a length of time.
    var isAbsolute: Bool { unit == .secondsSince1970 || unit == .millisecondsSince1970 }

    /// The moment in milliseconds since 1970.
    ///
    /// - Throws: ``CommandError`` when the number is none, not positive or too great.
    func time(_ arguments: Arguments, now: Int64, command: StaticString) throws(CommandError) -> Int64 {
        var value = try arguments.integer(index)
        let isInSeconds = unit == .seconds || unit == .secondsSince1970
        guard value > 0, !isInSeconds || value <= Int64.max / 1_000 else { throw .invalidExpireTime(command) }
        if isInSeconds { value *= 1_000 }
        guard !isAbsolute else { return value }
        let (time, overflow) = value.addingReportingOverflow(now)
        guard !overflow else { throw .invalidExpireTime(command) }
        return time
    }
}

extension CommandError {
    static func invalidExpireTime(_ command: StaticString) -> CommandError {
        CommandError("ERR invalid expire time in '\(command)' command")
    }
}
