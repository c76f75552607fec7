import Synchronization
import Testing

@testable import Commands

/// Why a setting does not take a value; `nil` when it does.
private func refusal(_ name: String, _ text: String) -> String? {
    do throws(SettingError) {
        try Settings().assign(name, text)
        return nil
    } catch {
        return error.description
    }
}

/// Why settings were not changed; `nil` when they were.
private func failure(_ settings: Settings, _ pairs: (name: String, text: String)...) -> SettingFailure? {
    do throws(SettingFailure) {
        try settings.change(pairs)
        return nil
    } catch {
        return error
    }
}

@Suite("Settings")
struct SettingTests {
    @Test("each setting is named once, takes its standard value, and is documented")
    func table() throws {
        #expect(Set(Setting.all.map(\.name)).count == Setting.all.count)
        #expect(Set(Setting.all.map(\.variable)).count == Setting.all.count)
        for setting in Setting.all {
            #expect(try setting.normalized(setting.standard) == setting.standard, "\(setting.name)")
            #expect(setting.summary.hasSuffix("."), "\(setting.name)")
        }
        #expect(Setting.tlsPort.variable == "LVKV_TLS_PORT")
    }

    @Test(
        "a value of the wrong form is refused in Redis's words",
        arguments: [
            ("port", "x", "argument couldn't be parsed into an integer"),
            ("port", "65536", "argument must be between 0 and 65535 inclusive"),
            ("maxclients", "0", "argument must be between 1 and 1000000 inclusive"),
            ("proto-max-bulk-len", "1zb", "argument must be a memory value"),
            ("proto-max-bulk-len", "99999999999999999999", "argument must be a memory value"),
            ("loglevel", "loud", "argument(s) must be one of the following: debug, verbose, notice, warning, nothing"),
            ("unixsocketperm", "9", "argument must be an octal mode such as 700"),
            ("client-output-buffer-limit", "normal 1 2", "Wrong number of arguments in buffer limit configuration."),
            (
                "client-output-buffer-limit", "wrong 1 2 3",
                "Invalid client class specified in buffer limit configuration."
            ),
            ("maxclient", "1", "there is no setting 'maxclient'; did you mean maxclients?"),
        ])
    func refused(_ name: String, _ text: String, _ reason: String) {
        #expect(refusal(name, text) == reason)
    }

    @Test("sizes are taken with units, and shown in bytes")
    func sizes() throws {
        let settings = Settings()
        try settings.assign("Proto-Max-Bulk-Len", "2mb")
        #expect(settings.integer(.longestWord) == 2 << 20)
        #expect(settings.shown(.longestWord) == "2097152")
        for (text, bytes) in [("1k", 1_000), ("1KB", 1_024), ("3m", 3_000_000), ("1g", 1_000_000_000), ("5b", 5)] {
            #expect(Setting.bytes(text) == bytes)
        }
    }

    @Test("limits of one class leave the others as they are")
    func outputLimits() throws {
        let limits = try OutputLimits("pubsub 1mb 2mb 3 replica 1 1 1")
        #expect(limits.pubsub == OutputLimits.Limit(hard: 1 << 20, soft: 2 << 20, seconds: 3))
        #expect(limits.normal == OutputLimits.standard.normal)
        #expect(try OutputLimits(limits.text) == limits)
    }

    @Test("of a password only the digest is kept, and nothing is shown")
    func secrets() throws {
        let settings = Settings()
        try settings.assign("requirepass", "open sesame")
        let digest = PasswordDigest(of: "open sesame".utf8.span)
        #expect(settings.text(.password) == "#" + digest.hex)
        #expect(settings.shown(.password) == "")
        try settings.assign("requirepass", "#" + digest.hex.uppercased())
        #expect(settings.text(.password) == "#" + digest.hex)
        try settings.assign("requirepass", "")
        #expect(settings.text(.password) == "")
    }

    @Test("a change is for settings that may change, all or none, and is told")
    func change() {
        let settings = Settings()
        let told = Mutex<[String]>([])
        settings.observe { setting in told.withLock { $0.append("\(setting.name) \(settings.text(setting))") } }
        #expect(failure(settings, ("maxclients", "5"), ("timeout", "6")) == nil)
        #expect(told.withLock { $0 } == ["maxclients 5", "timeout 6"])
        #expect(
            failure(settings, ("timeout", "7"), ("port", "1"))
                == SettingFailure(name: "port", error: SettingError("can't set immutable config")))
        #expect(failure(settings, ("timeout", "7"), ("nothing", "1")) == SettingFailure(name: "nothing", error: nil))
        #expect(failure(settings, ("timeout", "7"), ("TIMEOUT", "8"))?.error == SettingError("duplicate parameter"))
        #expect(settings.integer(.idleTimeout) == 6)
    }

    @Test(
        "the password's digest is SHA-256",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (String(repeating: "a", count: 1_000), "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"),
        ])
    func digest(_ text: String, _ hex: String) {
        let digest = PasswordDigest(of: text.utf8.span)
        #expect(digest.hex == hex)
        let matches = digest.matches(text.utf8.span)
        let matchesMore = digest.matches((text + "x").utf8.span)
        #expect(matches && !matchesMore)
        #expect(PasswordDigest(hex: hex) == digest)
        #expect(PasswordDigest(hex: hex.dropLast()) == nil)
    }
}
