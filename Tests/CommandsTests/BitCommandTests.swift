import Testing

@Suite("Bit commands")
struct BitCommandTests {
    let server = TestEngine()
    let syntax = Reply.error("ERR syntax error")

    @Test("bits are set, got and make the string grow")
    func bits() {
        let client = server.client()
        #expect(client("SETBIT a 7 1") == 0)
        #expect(client("SETBIT a 7 0") == 1)
        #expect(client("SETBIT a 1 1") == 0)
        #expect(client("GET a") == "@")
        #expect(client("GETBIT a 1") == 1)
        #expect(client("GETBIT a 100") == 0)
        #expect(client("GETBIT none 0") == 0)
        #expect(client("SETBIT b 20 0") == 0)
        #expect(client("STRLEN b") == 3)
        let offset = Reply.error("ERR bit offset is not an integer or out of range")
        #expect(client("SETBIT a -1 1") == offset)
        #expect(client("SETBIT a \(8 * 64 << 20) 1") == offset)
        #expect(client("GETBIT a x") == offset)
        #expect(client("SETBIT a 1 2") == .error("ERR bit is not an integer or out of range"))
    }

    @Test("BITCOUNT counts in ranges of bytes and bits")
    func count() {
        let client = server.client()
        #expect(client("SET a foobar") == .ok)
        let counts: [(String, Reply)] = [
            ("", 26), (" 0 0", 4), (" 1 1", 6), (" 0 -1", 26), (" 1 1 BYTE", 6), (" 5 30 BIT", 17), (" -2 -1", 7),
            (" -1 -2", 0), (" 10 20", 0), (" 0 100 BIT", 26), (" 0 0 FOO", syntax), (" 0", syntax),
        ]
        for (range, bits) in counts { #expect(client("BITCOUNT a\(range)") == bits) }
        #expect(client("BITCOUNT none") == 0)
        #expect(client("BITCOUNT none 1") == 0)
        client.run(["SET", "long", String(repeating: "a", count: 1_003)])
        #expect(client("BITCOUNT long") == 3_009)
        #expect(client("BITCOUNT long 3 8019 BIT") == 3_006)
    }

    @Test("BITPOS finds the first bit, and zeros behind the end only where no end is given")
    func position() {
        let client = server.client()
        client.run(["SETRANGE", "a", "2", "@"])
        #expect(client("BITPOS a 1") == 17)
        #expect(client("BITPOS a 0") == 0)
        #expect(client("BITPOS a 1 0 1") == -1)
        #expect(client("BITPOS a 1 2") == 17)
        #expect(client("BITPOS a 1 -1 -1") == 17)
        #expect(client("BITPOS a 0 17 17 BIT") == -1)
        #expect(client("BITPOS a 1 10 20 BIT") == 17)
        #expect(client("BITPOS none 1") == -1)
        #expect(client("BITPOS none 0") == 0)
        #expect(client("BITPOS a 2") == .error("ERR The bit argument must be 1 or 0."))
        #expect(client("BITPOS a 1 0 1 FOO") == syntax)
        for offset in 0..<16 { client("SETBIT ones \(offset) 1") }
        #expect(client("BITPOS ones 0") == 16)
        #expect(client("BITPOS ones 0 1") == 16)
        #expect(client("BITPOS ones 0 0 -1") == -1)
        #expect(client("BITPOS ones 0 5") == -1)
        #expect(client("BITPOS ones 1 3 -1 BIT") == 3)
    }

    @Test("BITOP combines strings of different lengths")
    func combine() {
        let client = server.client()
        #expect(client("MSET a abc b a c cc") == .ok)
        #expect(client("BITOP AND r a c") == 3)
        #expect(client("GET r") == "ab\0")
        #expect(client("BITOP OR r a b c") == 3)
        #expect(client("GET r") == "ccc")
        #expect(client("BITOP XOR r a a") == 3)
        #expect(client("GET r") == "\0\0\0")
        #expect(client("BITOP NOT r none") == 0)
        #expect(client("EXISTS r") == 0)
        #expect(client("BITOP NOT r a b") == .error("ERR BITOP NOT must be called with a single source key."))
        #expect(client("BITOP NAND r a") == syntax)
        #expect(client("BITOP NOT r a") == 3)
        #expect(client("BITOP NOT r r") == 3)
        #expect(client("GET r") == "abc")
    }

    @Test("BITFIELD reads and changes integers, and wraps, stays or fails where they do not fit")
    func fields() {
        let client = server.client()
        #expect(client("BITFIELD a INCRBY i5 100 1 GET u4 0") == [1, 0])
        #expect(client("BITFIELD b SET u8 0 255 GET i8 0 SET i8 0 -128 GET u8 0") == [0, -1, -1, 128])
        #expect(client("BITFIELD c INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1") == [1, 1])
        #expect(client("BITFIELD c INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1") == [2, 2])
        #expect(client("BITFIELD c INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1") == [3, 3])
        #expect(client("BITFIELD c INCRBY u2 100 1 OVERFLOW SAT INCRBY u2 102 1") == [0, 3])
        #expect(client("BITFIELD c OVERFLOW FAIL INCRBY u2 102 1") == [nil])
        #expect(client("BITFIELD d SET i64 0 9223372036854775807 INCRBY i64 0 1") == [0, .integer(.min)])
        #expect(client("BITFIELD d OVERFLOW SAT INCRBY i64 0 -1") == [.integer(.min)])
        #expect(client("BITFIELD e SET u8 #2 7 GET u8 16") == [0, 7])
        #expect(client("BITFIELD e OVERFLOW SAT SET u8 0 -1 GET u8 0") == [0, 255])
        #expect(client("BITFIELD new OVERFLOW FAIL SET u8 0 300") == [nil])
        #expect(client("STRLEN new") == 1)
        #expect(client("BITFIELD_RO e GET u8 16") == [7])
        #expect(client("BITFIELD none GET u8 0") == [0])
        #expect(client("EXISTS none") == 0)
        #expect(client("BITFIELD none") == [])
        #expect(
            client("BITFIELD_RO e SET u8 0 1") == .error("ERR BITFIELD_RO only supports the GET subcommand"))
        for type in ["u64", "i65", "x8", "u0", "i", "u-1"] {
            #expect(
                client("BITFIELD e GET \(type) 0")
                    == .error(
                        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."
                    ))
        }
        #expect(client("BITFIELD e OVERFLOW foo") == .error("ERR Invalid OVERFLOW type specified"))
        #expect(client("BITFIELD e GET u8 #x") == .error("ERR bit offset is not an integer or out of range"))
        #expect(client("BITFIELD e SET u8 0") == syntax)
    }
}
