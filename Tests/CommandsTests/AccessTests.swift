import Commands
import Testing

@Suite("Users and their rights")
struct AccessTests {
    let server = TestEngine()

    @Test(
        "a user's rules are shown as few rules that make the same",
        arguments: [
            (
                "on >pw ~a* %R~r* %W~w* &ch* +@all -@dangerous +config|get +get",
                "on #30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4 ~a* %R~r* %W~w* resetchannels &ch* "
                    + "+@all -@dangerous +config|get"
            ),
            ("reset", "off sanitize-payload resetchannels -@all"),
            ("+@all -get", "off resetchannels +@all -get"),
            ("+@all -get +get", "off resetchannels +@all"),
            ("+@transaction -exec", "off resetchannels -@all +@transaction -exec"),
            ("allcommands allkeys allchannels nopass", "off nopass ~* &* +@all"),
            ("+get|x", "off resetchannels -@all +get|x"),
            (
                "(+get ~a*) (+ping %R~b)",
                "off resetchannels -@all (~a* resetchannels -@all +get) (%R~b resetchannels -@all +ping)"
            ),
        ])
    func rules(rules: String, shown: String) {
        let client = server.client()
        #expect(client("ACL SETUSER alice \(rules)") == .ok)
        #expect(client("ACL LIST") == [.bulk("user alice \(shown)"), "user default on nopass ~* &* +@all"])
    }

    @Test(
        "a rule that makes no sense is refused in Redis's words",
        arguments: [
            ("foo", "Error in ACL SETUSER modifier 'foo': Syntax error"),
            ("+nope", "Error in ACL SETUSER modifier '+nope': Unknown command or category name in ACL"),
            ("+config|nope", "Error in ACL SETUSER modifier '+config|nope': Unknown command or category name in ACL"),
            ("+@nope", "Error in ACL SETUSER modifier '+@nope': Unknown command or category name in ACL"),
            ("-get|x", "Error in ACL SETUSER modifier '-get|x': Unknown command or category name in ACL"),
            ("+get|", "Error in ACL SETUSER modifier '+get|': Syntax error"),
            (
                "#abc",
                "Error in ACL SETUSER modifier '#abc': The password hash must be exactly 64 characters and contain only "
                    + "lowercase hexadecimal characters"
            ),
            (
                "<pw",
                "Error in ACL SETUSER modifier '<pw': The password you are trying to remove from the user does not exist"
            ),
            ("%Q~a", "Error in ACL SETUSER modifier '%Q~a': Syntax error"),
            ("(~a", "Unmatched parenthesis in acl selector starting at '(~a'."),
            (
                "allkeys ~x",
                "Error in ACL SETUSER modifier '~x': Adding a pattern after the * pattern (or the 'allkeys' flag) is not "
                    + "valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns"
            ),
        ])
    func refusals(rules: String, message: String) {
        let client = server.client()
        #expect(client("ACL SETUSER alice on \(rules)") == .error("ERR \(message)"))
        #expect(client("ACL GETUSER alice") == nil)
    }

    @Test("a user may do what his rules say and nothing else")
    func rights() {
        let (client, bob) = (server.client(), server.client())
        client("ACL SETUSER bob on >pw ~a* %R~r* %W~w* &ch* +@all -@dangerous +config|get -echo")
        #expect(bob("AUTH bob nope") == .error("WRONGPASS invalid username-password pair or user is disabled."))
        #expect(bob("AUTH bob pw") == .ok)
        #expect(bob("ACL WHOAMI") == "bob")
        #expect(bob("GET a1") == nil)
        #expect(bob("GET r1") == nil)
        #expect(bob("SET w1 x") == .ok)
        let keys = Reply.error("NOPERM this user has no permissions to access one of the keys used as arguments")
        #expect(bob("GET w1") == keys)
        #expect(bob("SET r1 x") == keys)
        #expect(bob("GET zz") == keys)
        #expect(bob("ECHO hi") == .error("NOPERM this user has no permissions to run the 'echo' command"))
        #expect(bob("CONFIG SET a b") == .error("NOPERM this user has no permissions to run the 'config|set' command"))
        #expect(bob("CONFIG GET port") == .map(["port", "6380"]))
        let channels = Reply.error(
            "NOPERM this user has no permissions to access one of the channels used as arguments")
        #expect(bob("PUBLISH zz x") == channels)
        #expect(bob("PSUBSCRIBE c*") == channels)
        #expect(bob("PUBLISH ch1 x") == 0)
        #expect(client("ACL DRYRUN bob get b") == "This user has no permissions to access the 'b' key")
        #expect(client("ACL DRYRUN bob set w1 1 get") == "This user has no permissions to access the 'w1' key")
        #expect(client("ACL DRYRUN bob echo a") == "This user has no permissions to run the 'echo' command")
        #expect(client("ACL DRYRUN bob get a") == .ok)
        #expect(client("ACL DRYRUN nobody get a") == .error("ERR User 'nobody' not found"))
    }

    @Test("rights that are taken away count at once, also for what is queued, and who is deleted is closed")
    func changes() {
        let (client, bob) = (server.client(), server.client())
        client("ACL SETUSER bob on nopass ~* &* +@all")
        bob("AUTH bob x")
        bob("SUBSCRIBE ch")
        bob("MULTI")
        #expect(bob("GET a") == .simple("QUEUED"))
        client("ACL SETUSER bob -get")
        #expect(
            bob("EXEC") == [
                .error(
                    "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. "
                        + "This command is no longer allowed for the following reason: no permission to execute the "
                        + "command or subcommand")
            ])
        #expect(bob("GET a") == .error("NOPERM this user has no permissions to run the 'get' command"))
        #expect(!bob.isClosed)
        client("ACL SETUSER bob resetchannels")
        #expect(bob.isClosed)
        let other = server.client()
        other("AUTH bob x")
        #expect(client("ACL DELUSER bob") == 1)
        #expect(other.isClosed)
        #expect(client("ACL DELUSER default") == .error("ERR The 'default' user cannot be removed"))
    }

    @Test("refusals are in the log, equal ones counted together")
    func log() {
        let (client, bob) = (server.client(), server.client())
        client("ACL SETUSER bob on nopass +@all")
        bob("AUTH bob x")
        bob("GET a")
        bob("GET a")
        guard case .array(let entries) = client("ACL LOG"), case .map(let entry)? = entries.first else {
            Issue.record("there is no log")
            return
        }
        #expect(entries.count == 1)
        #expect(
            entry.prefix(10) == [
                "count", 2, "reason", "key", "context", "toplevel", "object", "a", "username", "bob",
            ])
        #expect(client("ACL LOG RESET") == .ok)
        #expect(client("ACL LOG") == [])
    }

    @Test("users are written and read as text")
    func text() throws {
        let client = server.client()
        client("ACL SETUSER alice on >pw ~a* +@read")
        let text = server.engine.access.text
        let other = TestEngine()
        try other.engine.access.load("# users\n\n" + text)
        #expect(other.engine.access.text == text)
        #expect(throws: CommandError.self) { try other.engine.access.load("user a on\nnonsense\n") }
        #expect(other.engine.access.text == text)
    }
}
