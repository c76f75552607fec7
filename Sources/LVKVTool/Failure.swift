internal import LVKV

/// What the shell is told when the command ends, after BSD's `sysexits.h`.
enum ExitStatus: Int32 {
    case done = 0
    /// The key, record or schema that was asked for is not there.
    case notFound = 1
    /// The command line makes no sense.
    case usage = 64
    /// The input, or what is stored, is wrong or damaged.
    case badData = 65
    /// There is no database there, or somebody else has it open.
    case unavailable = 69
    /// The operating system failed to read or to write.
    case io = 74
}

/// Why a command ends early: one line for people and a status for programs.
struct Failure: Error, CustomStringConvertible {
    let status: ExitStatus
    /// What is wrong and what to do about it, in one line. Control characters may be in it.
    let message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    static func usage(_ message: String) -> Failure { Failure(.usage, message) }
    static func badData(_ message: String) -> Failure { Failure(.badData, message) }

    /// A call of the operating system that failed, in its own words.
    init(system number: Int32, _ attempt: String) {
        let words = SystemCall.words(for: number)
        let advice = SystemCall.isDiskFull(number) ? "; free some space and try again" : ""
        self.init(.io, "\(attempt): \(words)\(advice)")
    }

    var description: String { message }
}

/// Whoever reads our output has gone away: nothing to say, and nothing more to do.
struct OutputClosed: Error {}

extension Failure {
    /// What an error of the layers below means for the command line.
    init(_ error: any Error) {
        switch error {
        case let error as Failure: self = error
        case let error as StoreError: self.init(store: error)
        case let error as KeyError: self.init(.badData, "\(error)")
        case let error as RecordError: self.init(record: error)
        case let error as StructureError: self.init(.badData, "\(error)")
        case let error as ConditionError: self.init(.usage, "\(error)")
        default: self.init(.io, "\(error)")
        }
    }

    private init(record error: RecordError) {
        let status: ExitStatus
        switch error.code {
        case .notFound, .unknownSchema, .unknownIndex: status = .notFound
        case .unordered, .badToken: status = .usage
        case .newerFormat, .busy, .indexNotReady, .migrating: status = .unavailable
        default: status = .badData
        }
        self.init(status, "\(error)")
    }

    private init(store error: StoreError) {
        let status: ExitStatus
        switch error.code {
        case .locked, .notFound, .closed, .forked, .busy: status = .unavailable
        case .alreadyExists: status = .unavailable
        case .corruption, .wentBackwards, .notSupported, .wrongType: status = .badData
        // Opening refuses what is no directory; anything else refuses a key or a value.
        case .invalidArgument: status = error.operation == "open" ? .unavailable : .badData
        default: status = .io
        }
        var message = "\(error)"
        if error.code == .locked { message += "; when it is a server, name that with --url redis://host:port instead" }
        if error.message.contains("No space left on device") && !error.message.contains("free some space") {
            message += "; free some space and try again"
        }
        self.init(status, message)
    }
}
