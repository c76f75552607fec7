internal import OrderedStore
internal import Structures

/// Commands on when keys expire.
enum ExpiryCommands {
    static let all: [Command] = [
        expiring("expire", "seconds", "Lets a key expire after seconds.", "1.0.0", inSeconds: true, fromNow: true),
        expiring(
            "pexpire", "milliseconds", "Lets a key expire after milliseconds.", "2.6.0", inSeconds: false,
            fromNow: true),
        expiring(
            "expireat", "unix-time-seconds", "Lets a key expire at a time.", "1.2.0", inSeconds: true, fromNow: false),
        expiring(
            "pexpireat", "unix-time-milliseconds", "Lets a key expire at a time in milliseconds.", "2.6.0",
            inSeconds: false, fromNow: false),
        showing("ttl", "In how many seconds a key expires.", "1.0.0", inSeconds: true, fromNow: true),
        showing("pttl", "In how many milliseconds a key expires.", "2.6.0", inSeconds: false, fromNow: true),
        showing("expiretime", "When a key expires.", "7.0.0", inSeconds: true, fromNow: false),
        showing("pexpiretime", "When a key expires, in milliseconds.", "7.0.0", inSeconds: false, fromNow: false),
        Command(
            "persist", 2, [.write, .fast, .keepsPlain], .first, [.keyspace], "Lets a key expire no more.",
            syntax: "key", since: "2.2.0",
            .data { arguments, call in call.reply.flag(try call.keys.persist(arguments[1])) }),
    ]

    private static func expiring(
        _ name: StaticString, _ unit: String, _ summary: String, _ since: String, inSeconds: Bool, fromNow: Bool
    ) -> Command {
        Command(
            "\(name)", -3, [.write, .fast], .first, [.keyspace], summary, syntax: "key \(unit) [NX|XX|GT|LT]",
            since: since,
            .data { arguments, call in
                let conditions = try conditions(arguments)
                var time = try arguments.integer(2)
                if inSeconds {
                    let (product, overflow) = time.multipliedReportingOverflow(by: 1_000)
                    guard !overflow else { throw CommandError.invalidExpireTime(name) }
                    time = product
                }
                if fromNow {
                    let (sum, overflow) = time.addingReportingOverflow(call.keys.now)
                    guard !overflow else { throw CommandError.invalidExpireTime(name) }
                    time = sum
                }
                call.reply.flag(try call.keys.expire(arguments[1], at: time, if: conditions))
            })
    }

    private static func conditions(_ arguments: Arguments) throws(CommandError) -> ExpiryConditions {
        var conditions: ExpiryConditions = []
        for index in 3..<Swift.max(3, arguments.count) {
            if arguments.matches(index, "NX") {
                conditions.insert(.never)
            } else if arguments.matches(index, "XX") {
                conditions.insert(.sometime)
            } else if arguments.matches(index, "GT") {
                conditions.insert(.later)
            } else if arguments.matches(index, "LT") {
                conditions.insert(.earlier)
            } else {
                throw CommandError("ERR Unsupported option \(arguments.text(index))")
            }
        }
        guard !conditions.contains(.never) || conditions == .never else {
            throw CommandError("ERR NX and XX, GT or LT options at the same time are not compatible")
        }
        guard !conditions.isSuperset(of: [.later, .earlier]) else {
            throw CommandError("ERR GT and LT options at the same time are not compatible")
        }
        return conditions
    }

    private static func showing(
        _ name: String, _ summary: String, _ since: String, inSeconds: Bool, fromNow: Bool
    ) -> Command {
        Command(
            name, 2, [.readonly, .fast], .first, [.keyspace], summary, syntax: "key", since: since,
            .data { arguments, call in
                let found = try call.keys.lookup(arguments[1])
                guard found.exists else { return call.reply.integer(-2) }
                guard let expiry = found.expiry else { return call.reply.integer(-1) }
                let time = fromNow ? expiry - call.keys.now : expiry
                // Rounded, as Redis rounds it.
                call.reply.integer(inSeconds ? time / 1_000 + (time % 1_000 >= 500 ? 1 : 0) : time)
            })
    }
}
