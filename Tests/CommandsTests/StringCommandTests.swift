import Commands
import Structures
import Testing

@Suite("String commands")
struct StringCommandTests {
    let server = TestEngine()
    let syntax = Reply.error("ERR syntax error")
    let notAnInteger = Reply.error("ERR value is not an integer or out of range")

    @Test("what is set is got")
    func setAndGet() {
        let client = server.client()
        #expect(client("SET name value") == .ok)
        #expect(client("get name") == "value")
        #expect(client("GET other") == nil)
        #expect(client("GET") == .error("ERR wrong number of arguments for 'get' command"))
        #expect(client("NOPE a b") == .error("ERR unknown command 'NOPE', with args beginning with: 'a' 'b' "))
    }

    @Test("SET with NX, XX and GET writes only where it may, and tells what was there")
    func conditions() {
        let client = server.client()
        #expect(client("SET a 1 XX") == nil)
        #expect(client("SET a 1 NX") == .ok)
        #expect(client("SET a 2 NX") == nil)
        #expect(client("SET a 2 NX GET") == "1")
        #expect(client("SET a 3 XX GET") == "1")
        #expect(client("GET a") == "3")
        #expect(client("SET b 1 GET") == nil)
        #expect(client("SET a 1 NX XX") == syntax)
        #expect(client("SET a 1 EX") == syntax)
        #expect(client("SET a 1 EX 10 PX 10") == syntax)
        #expect(client("SET a 1 KEEPTTL EX 10") == syntax)
        #expect(client("SET a 1 PERSIST") == syntax)
        #expect(client("SET a 4 EX 10 EX 20") == .ok)
        #expect(client("TTL a") == 20)
    }

    @Test("SET with an expiry lets the key be gone in time, and without one removes it")
    func expiry() {
        let client = server.client()
        #expect(client("SET a 1 EX 10") == .ok)
        #expect(client("PTTL a") == 10_000)
        #expect(client("SET a 2 KEEPTTL") == .ok)
        server.now += 9_999
        #expect(client("GET a") == "2")
        server.now += 1
        #expect(client("GET a") == nil)
        #expect(client("SET a 3 PX 1500") == .ok)
        #expect(client("TTL a") == 2)
        #expect(client("SET a 4") == .ok)
        #expect(client("TTL a") == -1)
        #expect(client("SET a 5 PXAT \(server.now + 50)") == .ok)
        #expect(client("PTTL a") == 50)
        #expect(client("SET a 6 EXAT 1") == .ok)
        #expect(client("GET a") == nil)
        for bad in ["EX 0", "EX -1", "PX 0", "EX 9223372036854775807", "PX 9223372036854775807", "EXAT 0"] {
            #expect(client("SET a 1 \(bad)") == .error("ERR invalid expire time in 'set' command"))
        }
        #expect(client("SET a 1 EX x") == notAnInteger)
        #expect(client("SETEX a 5 v") == .ok)
        #expect(client("PSETEX b 500 v") == .ok)
        #expect(client("TTL a") == 5)
        #expect(client("PTTL b") == 500)
        #expect(client("SETEX a 0 v") == .error("ERR invalid expire time in 'setex' command"))
        #expect(client("PSETEX a -5 v") == .error("ERR invalid expire time in 'psetex' command"))
    }

    @Test("GETEX, GETDEL, GETSET and SETNX return and change")
    func getAndChange() {
        let client = server.client()
        #expect(client("SETNX a 1") == 1)
        #expect(client("SETNX a 2") == 0)
        #expect(client("GETSET a 3") == "1")
        #expect(client("GETSET none 3") == nil)
        #expect(client("GETEX a EX 10") == "3")
        #expect(client("TTL a") == 10)
        #expect(client("GETEX a") == "3")
        #expect(client("TTL a") == 10)
        #expect(client("GETEX a PERSIST") == "3")
        #expect(client("TTL a") == -1)
        #expect(client("GETEX a PERSIST EX 1") == syntax)
        #expect(client("GETEX a KEEPTTL") == syntax)
        #expect(client("GETEX a EX 0") == .error("ERR invalid expire time in 'getex' command"))
        #expect(client("GETEX nothing EX 0") == nil)
        #expect(client("GETEX a PXAT 1") == "3")
        #expect(client("EXISTS a") == 0)
        #expect(client("GETDEL none") == "3")
        #expect(client("GETDEL none") == nil)
    }

    @Test("MSET, MSETNX and MGET take many keys at once")
    func many() {
        let client = server.client()
        #expect(client("MSET a 1 b 2 a 3") == .ok)
        #expect(client("MGET a b c") == ["3", "2", nil])
        #expect(client("MSETNX c 1 b 5") == 0)
        #expect(client("EXISTS c") == 0)
        #expect(client("MSETNX c 1 d 5") == 1)
        #expect(client("MSET a 1 b") == .error("ERR wrong number of arguments for 'mset' command"))
        #expect(client("MSETNX a 1 b") == .error("ERR wrong number of arguments for 'msetnx' command"))
    }

    @Test("APPEND, STRLEN, SETRANGE and GETRANGE work on parts")
    func parts() {
        let client = server.client()
        #expect(client("APPEND a hello") == 5)
        #expect(client("EXPIRE a 100") == 1)
        #expect(client("APPEND a -world") == 11)
        #expect(client("TTL a") == 100)
        #expect(client("STRLEN a") == 11)
        #expect(client("STRLEN none") == 0)
        #expect(client("SETRANGE a 6 Redis!") == 12)
        #expect(client("GET a") == "hello-Redis!")
        #expect(client.run(["SETRANGE", "a", "3", ""]) == 12)
        #expect(client.run(["SETRANGE", "none", "3", ""]) == 0)
        #expect(client("EXISTS none") == 0)
        #expect(client("SETRANGE b 2 x") == 3)
        #expect(client("GET b") == "\0\0x")
        #expect(client("SETRANGE b -1 x") == .error("ERR offset is out of range"))
        let tooLarge = Reply.error("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
        #expect(client("SETRANGE b \(64 << 20) x") == tooLarge)
        #expect(client("SETRANGE b \(Int.max) x") == tooLarge)
        server.engine.structures.valueLimit = 16
        #expect(client("APPEND a 12345") == tooLarge)
        #expect(client("APPEND a 1234") == 16)
        let ranges: [(String, Reply)] = [
            ("0 4", "hello"), ("-4 -1", "1234"), ("0 -1", "hello-Redis!1234"), ("5 3", ""), ("100 200", ""),
            ("-100 2", "hel"), ("-100 -50", "h"), ("-50 -100", ""), ("0 100", "hello-Redis!1234"),
        ]
        for (range, part) in ranges { #expect(client("GETRANGE a \(range)") == part) }
        #expect(client("SUBSTR a 1 2") == "el")
        #expect(client("GETRANGE none 0 -1") == "")
        #expect(client("GETRANGE a 0 x") == notAnInteger)
    }

    @Test("INCR and its kin count, keep the expiry and refuse what is no integer")
    func counting() {
        let client = server.client()
        #expect(client("INCR n") == 1)
        #expect(client("INCRBY n 41") == 42)
        #expect(client("DECR n") == 41)
        #expect(client("DECRBY n 51") == -10)
        #expect(client("EXPIRE n 100") == 1)
        #expect(client("INCR n") == -9)
        #expect(client("TTL n") == 100)
        #expect(client("SET n 9223372036854775807") == .ok)
        #expect(client("INCR n") == .error("ERR increment or decrement would overflow"))
        #expect(client("DECRBY n -1") == .error("ERR increment or decrement would overflow"))
        #expect(client("DECRBY n -9223372036854775808") == .error("ERR decrement would overflow"))
        #expect(client("INCRBY n 1.5") == notAnInteger)
        for bad in ["", " 1", "1 ", "01", "1.0", "+1", "9223372036854775808", "x"] {
            client.run(["SET", "bad", bad])
            #expect(client("INCR bad") == notAnInteger)
        }
    }

    @Test("INCRBYFLOAT adds as Redis does")
    func floats() {
        let client = server.client()
        #expect(client("INCRBYFLOAT f 10.50") == "10.5")
        #expect(client("INCRBYFLOAT f 0.1") == "10.6")
        #expect(client("INCRBYFLOAT f -5") == "5.6")
        #expect(client("SET f 5.0e3") == .ok)
        #expect(client("INCRBYFLOAT f 2.0e2") == "5200")
        #expect(client("INCRBYFLOAT f x") == .error("ERR value is not a valid float"))
        #expect(client("INCRBYFLOAT f inf") == .error("ERR increment would produce NaN or Infinity"))
        #expect(client("SET f abc") == .ok)
        #expect(client("INCRBYFLOAT f 1") == .error("ERR value is not a valid float"))
    }

    @Test("LCS finds what two strings have in common")
    func commonSubsequence() {
        let client = server.client()
        #expect(client("MSET key1 ohmytext key2 mynewtext") == .ok)
        #expect(client("LCS key1 key2") == "mytext")
        #expect(client("LCS key1 key2 LEN") == 6)
        #expect(
            client("LCS key1 key2 IDX")
                == .map(["matches", [[[4, 7], [5, 8]], [[2, 3], [0, 1]]], "len", 6]))
        #expect(
            client("LCS key1 key2 IDX MINMATCHLEN 4 WITHMATCHLEN")
                == .map(["matches", [[[4, 7], [5, 8], 4]], "len", 6]))
        #expect(client("LCS key1 none") == "")
        #expect(client("LCS none key2 IDX") == .map(["matches", [], "len", 0]))
        #expect(
            client("LCS key1 key2 IDX LEN")
                == .error("ERR If you want both the length and indexes, please just use IDX."))
        #expect(client("LCS key1 key2 MINMATCHLEN") == syntax)
    }
}
