import Testing

@Suite("String commands")
struct StringCommandTests {
    let server = TestEngine()

    @Test("what is set is got")
    func setAndGet() {
        let client = server.client()
        #expect(client("SET name value") == .ok)
        #expect(client("get name") == "value")
        #expect(client("GET other") == nil)
        #expect(client("GET") == .error("ERR wrong number of arguments for 'get' command"))
        #expect(client("NOPE a b") == .error("ERR unknown command 'NOPE', with args beginning with: 'a' 'b' "))
    }
}
