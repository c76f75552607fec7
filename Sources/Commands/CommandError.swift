package import Structures

/// A command's refusal, in Redis's words. Nothing was changed.
package struct CommandError: Error, Hashable, Sendable {
    /// What is sent: a code in capitals, and a text.
    package let message: String

    package init(_ message: String) { self.message = message }

    package static let syntax = CommandError("ERR syntax error")
    package static let wrongType = CommandError(
        "WRONGTYPE Operation against a key holding the wrong kind of value")
    package static let notAnInteger = CommandError("ERR value is not an integer or out of range")
    package static let notAFloat = CommandError("ERR value is not a valid float")
    package static let outOfRange = CommandError("ERR index out of range")
    package static let noSuchKey = CommandError("ERR no such key")
    package static let overflow = CommandError("ERR increment or decrement would overflow")

    /// - Parameter command: its name; of a subcommand with its container's and `|` before it.
    package static func wrongArity(_ command: String) -> CommandError {
        CommandError("ERR wrong number of arguments for '\(command)' command")
    }

    /// A structure's refusal in Redis's words.
    package init(_ error: StructureError) {
        self =
            switch error.code {
            case .wrongType: .wrongType
            case .notAnInteger: .notAnInteger
            case .notAFloat: .notAFloat
            case .outOfRange: .outOfRange
            case .noSuchKey: .noSuchKey
            case .overflow: .overflow
            case .tooLarge: CommandError("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
            default: CommandError("ERR \(error.message)")
            }
    }
}
