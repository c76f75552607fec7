internal import OrderedStore
internal import Structures
internal import Synchronization

/// The scripts by which clients keep locks in Redis. There is no interpreter of Lua: these are known by their text and
/// done here, each in one transaction as in Redis.
enum KnownScript: CaseIterable, Sendable {
    /// Removes a key that still holds the caller's token, as redis-py's `Lock.release` does.
    case release
    /// Adds time to such a key, or sets it: `Lock.extend`.
    case extend
    /// Sets such a key's time again: `Lock.reacquire`.
    case reacquire
    /// Removes a key that still holds the caller's token: as the page of `SET` shows it, which many clients copied.
    case deleteIfEqual

    /// The script that `text` is, whatever its spaces and quotes; `nil` for another one.
    init?(_ text: Span<UInt8>) {
        // Longer ones are none of these, and not worth looking at.
        guard text.count <= 4_096 else { return nil }
        let words = KnownScript.essence(of: text.array)
        guard let found = KnownScript.essences.first(where: { $0.words == words }) else { return nil }
        self = found.script
    }

    private static let essences = allCases.map { script in (script: script, words: essence(of: Array(script.lua.utf8)))
    }

    /// A script without the spaces that say nothing, and with one kind of quotes.
    private static func essence(of text: [UInt8]) -> [UInt8] {
        var words: [UInt8] = []
        var wasSpace = false
        for byte in text {
            if byte == UInt8(ascii: " ") || 0x09...0x0D ~= byte {
                wasSpace = true
                continue
            }
            if wasSpace, isOfName(byte), let last = words.last, isOfName(last) { words.append(UInt8(ascii: " ")) }
            wasSpace = false
            words.append(byte == UInt8(ascii: "\"") ? UInt8(ascii: "'") : byte)
        }
        return words
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private var lua: String {
        let ifHeld = """
            local token = redis.call('get', KEYS[1])
            if not token or token ~= ARGV[1] then
                return 0
            end
            """
        return switch self {
        case .release:
            ifHeld + """

                redis.call('del', KEYS[1])
                return 1
                """
        case .extend:
            ifHeld + """

                local expiration = redis.call('pttl', KEYS[1])
                if not expiration then
                    expiration = 0
                end
                if expiration < 0 then
                    return 0
                end

                local newttl = ARGV[2]
                if ARGV[3] == "0" then
                    newttl = ARGV[2] + expiration
                end
                redis.call('pexpire', KEYS[1], newttl)
                return 1
                """
        case .reacquire:
            ifHeld + """

                redis.call('pexpire', KEYS[1], ARGV[2])
                return 1
                """
        case .deleteIfEqual:
            """
            if redis.call("get",KEYS[1]) == ARGV[1] then
                return redis.call("del",KEYS[1])
            else
                return 0
            end
            """
        }
    }

    /// Does what the script says.
    ///
    /// - Parameters:
    ///   - key: of the word that is `KEYS[1]`.
    ///   - first: of the word that is `ARGV[1]`.
    /// - Returns: what the script returns.
    func run(_ arguments: Arguments, key: Int, first: Int, _ call: DataCall) throws -> Bool {
        let held = try call.keys.lookup(arguments[key], .string)
        guard held.exists, first < arguments.count, arguments[first].equals(held.body) else { return false }
        func milliseconds() throws(CommandError) -> Int64 {
            guard first + 1 < arguments.count else { throw CommandError.notAnInteger }
            return try arguments.integer(first + 1)
        }
        func expire(in time: Int64) throws {
            let (moment, overflow) = time.addingReportingOverflow(call.keys.now)
            guard !overflow else { throw CommandError.invalidExpireTime("pexpire") }
            _ = try call.keys.expire(arguments[key], at: moment, if: [])
        }
        switch self {
        case .release, .deleteIfEqual: return try call.keys.delete(arguments[key])
        case .reacquire: try expire(in: try milliseconds())
        case .extend:
            guard let expiry = held.expiry else { return false }
            var time = try milliseconds()
            if first + 2 < arguments.count, arguments.matches(first + 2, "0") {
                let (sum, overflow) = time.addingReportingOverflow(expiry - call.keys.now)
                guard !overflow else { throw CommandError.invalidExpireTime("pexpire") }
                time = sum
            }
            try expire(in: time)
        }
        return true
    }
}

/// The texts that were loaded, by their hashes. Safe from any thread.
final class LoadedScripts: Sendable {
    private let scripts = Mutex<[String: KnownScript]>([:])
    /// More spellings than there are clients: then all are forgotten, and loaded again by whoever needs them.
    private static let most = 256

    /// - Returns: the text's hash.
    func add(_ script: KnownScript, _ text: Span<UInt8>) -> String {
        let hash = SHA1.hex(text)
        scripts.withLock { scripts in
            if scripts.count >= LoadedScripts.most { scripts = [:] }
            scripts[hash] = script
        }
        return hash
    }

    subscript(hash: String) -> KnownScript? { scripts.withLock { $0[hash.lowercased()] } }

    func removeAll() { scripts.withLock { $0 = [:] } }
}
