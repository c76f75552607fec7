import RESP
import Records
import StoreConformance
import Testing

@testable import LVKVTool

@Suite("Measuring a load")
struct BenchMeasureTests {
    private static let second: UInt64 = 1_000_000_000

    @Test("operations are due at fixed times, however late they are taken")
    func pace() {
        var pace = Pace(start: 1_000, perSecond: 1_000_000)
        #expect(pace.take(at: 999) == nil)
        #expect(pace.take(at: 1_000) == 1_000)
        #expect(pace.take(at: 1_500) == nil)
        #expect(pace.take(at: 9_000) == 2_000)
        #expect(pace.take(at: 9_000) == 3_000)
        #expect(pace.next == 4_000)
        #expect(pace.taken == 3)
    }

    /// A server that answers at once, but stands still for a second in the middle of ten, asked a hundred times a
    /// second by one client that waits for each reply.
    private func run(openLoop: Bool) -> Tally {
        let timeline = Timeline(start: 0, length: Self.second, kinds: 1, threads: 1)
        var recorder = Recorder(timeline, thread: 0)
        var pace = Pace(start: 0, perSecond: 100)
        var now: UInt64 = 0
        while now < 10 * Self.second {
            let since: UInt64
            if openLoop {
                now = max(now, pace.next)
                since = pace.take(at: now) ?? now
            } else {
                since = now
            }
            // The reply comes after a millisecond, or when the server goes on.
            var reply = now + 1_000_000
            if 5 * Self.second..<6 * Self.second ~= now { reply = 6 * Self.second }
            recorder.note(0, since: since, now: reply, isError: false)
            now = openLoop ? reply : max(reply, now + 10_000_000)
        }
        recorder.finish(now: now)
        return timeline.totals[0]
    }

    @Test(
        "a standstill of a tenth of the time is in a tenth of the latencies of an open loop, and hidden by a closed one"
    )
    func coordinatedOmission() {
        let open = run(openLoop: true)
        #expect(open.operations >= 999)
        #expect(open.percentile(50) < 2)
        // The hundred that were due while it stood still waited 10 ms to 1 s.
        #expect(400...600 ~= open.percentile(95))
        #expect(850...1_010 ~= open.percentile(99))
        let closed = run(openLoop: false)
        #expect(closed.percentile(99) < 2)
        #expect(closed.longest > 990)
    }

    @Test("what was due and never sent counts by how long it waited, and not as answered")
    func unsent() {
        let timeline = Timeline(start: 0, length: Self.second, kinds: 1, threads: 1)
        var recorder = Recorder(timeline, thread: 0)
        recorder.note(0, since: 0, now: 1_000_000, isError: false)
        for index in 0..<99 { recorder.noteUnsent(0, since: UInt64(index), now: 500_000_000) }
        recorder.finish(now: Self.second)
        #expect(timeline.unsent == 99)
        #expect(timeline.totals[0].operations == 1)
        #expect(499...501 ~= timeline.totals[0].percentile(50))
    }

    @Test("what began before the measuring is left out")
    func warmUp() {
        let timeline = Timeline(start: 100, length: Self.second, kinds: 1, threads: 1)
        var recorder = Recorder(timeline, thread: 0)
        recorder.note(0, since: 99, now: 200, isError: true)
        recorder.note(0, since: 100, now: 200, isError: true)
        recorder.finish(now: 300)
        #expect(timeline.totals[0].operations == 1)
        #expect(timeline.totals[0].errors == 1)
    }

    @Test(
        "intervals of several threads come together, and all of them make the total", arguments: [1, 2, 3] as [UInt64])
    func intervals(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let timeline = Timeline(start: 0, length: 1_000, kinds: 2, threads: 3)
        var recorders = (0..<3).map { Recorder(timeline, thread: $0) }
        var expected: [Int: Int] = [:]
        for thread in 0..<3 {
            var now: UInt64 = 0
            for _ in 0..<500 {
                now += UInt64.random(in: 0...40, using: &generator)
                expected[Int(now / 1_000), default: 0] += 1
                recorders[thread].note(
                    Int.random(in: 0...1, using: &generator), since: now, now: now, isError: false)
            }
        }
        for thread in 0..<3 { recorders[thread].finish(now: 30_000) }
        let points = timeline.points
        #expect(points.map(\.operations) == expected.sorted { $0.key < $1.key }.map(\.value))
        #expect(timeline.totals.reduce(0) { $0 + $1.operations } == 1_500)
        #expect(points.reduce(0) { $0 + $1.operations } == 1_500)
    }

    @Test("percentiles are right to three digits", arguments: [1, 2, 3] as [UInt64])
    func percentiles(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var tally = Tally()
        var values = (0..<20_000).map { _ in UInt64.random(in: 1_000...50_000_000, using: &generator) }
        for value in values { tally.add(latency: value, isError: false) }
        values.sort()
        for (_, percent) in Tally.percents {
            let exact = Double(values[Int((percent / 100 * 20_000).rounded(.up)) - 1]) / 1e6
            let shown = tally.percentile(percent)
            #expect(abs(shown - exact) <= exact * 0.001 + 1e-6, "p\(percent): \(shown) for \(exact), seed \(seed)")
        }
    }
}

@Suite("Counting replies")
struct ReplyScannerTests {
    static let replies =
        "+OK\r\n:-12\r\n$5\r\na\r\nb+\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n-ERR no\r\n"
        + "*3\r\n:1\r\n*2\r\n$1\r\n-\r\n-ERR in\r\n*0\r\n+PONG\r\n"

    @Test("replies are counted in pieces of any size, and errors told apart", arguments: 1...40)
    func pieces(size: Int) throws {
        let bytes = Array(Self.replies.utf8)
        var scanner = ReplyScanner()
        var found: [ReplyScanner.Finding] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(bytes.count, start + size)])
            var place = 0
            while let finding = try scanner.next(in: piece.span, from: &place) { found.append(finding) }
            #expect(place == piece.count)
        }
        #expect(found == Array(repeating: .value, count: 7) + [.error, .value, .value])
        #expect(!scanner.isInsideReply)
        #expect(String(decoding: scanner.errorText, as: UTF8.self) == "ERR no")
    }

    @Test("what is no reply is refused")
    func malformed() {
        var scanner = ReplyScanner()
        let bytes = Array("HTTP/1.1 400\r\n".utf8)
        #expect(throws: ReplyScanner.Malformed.self) {
            var place = 0
            _ = try scanner.next(in: bytes.span, from: &place)
        }
    }
}

@Suite("Results of a load")
struct BenchResultTests {
    /// Two operations over three seconds, with an error.
    private func result(rate: Double? = nil, unsent: Int = 0) throws -> LoadResult {
        let workload = try Workload(commands: ["GET {key}", "SET {key} <&>"])
        let timeline = Timeline(start: 0, length: 1_000_000_000, kinds: 2, threads: 1)
        var recorder = Recorder(timeline, thread: 0)
        for index in 0..<300 {
            let since = UInt64(index) * 10_000_000
            recorder.note(index % 2, since: since, now: since + UInt64(index % 2 + 1) * 1_000_000, isError: index == 5)
        }
        for _ in 0..<unsent { recorder.noteUnsent(0, since: 0, now: 1_000) }
        recorder.finish(now: 3_000_000_000)
        let settings = LoadSettings(
            connections: 1, pipeline: 1, threads: 1, order: .uniform, zipfExponent: 1, valueSize: 10, rate: rate,
            seed: 1)
        let space = try KeySpace(prefix: "k", size: nil, count: 10)
        let phase = LoadPhase(
            workload: workload, settings: settings, space: space, limit: .time(3_000_000_000), begin: 0,
            timeline: timeline)
        return LoadResult(settings: [("target", "here")], phase, firstError: Array("ERR no".utf8))
    }

    @Test("the table has a line an operation and one for all, fits in the width, and says what went wrong")
    func table() throws {
        let lines = try result().table(width: 110, isColored: false)
        #expect(lines[0] == "target here")
        let all = try #require(lines.first { $0.hasPrefix("all ") }).split(separator: " ")
        #expect(all.prefix(4) == ["all", "300", "100", "1"])
        #expect(all[4] == "1.500")
        #expect(lines.contains { $0.hasPrefix("GET {key}") })
        #expect(lines.contains { $0.hasPrefix("Over time: ███ 100 to 100 a second") })
        #expect(lines.last == "The first error: ERR no")
        #expect(lines.allSatisfy { $0.count <= 110 })
        let late = try result(rate: 1, unsent: 7).table(width: 110, isColored: false)
        #expect(late.contains { $0.hasPrefix("7 operations were due and not sent") })
    }

    @Test("JSON says it all in numbers")
    func json() throws {
        guard case .object(let object) = try result().json else {
            Issue.record("no object")
            return
        }
        #expect(object["count"] == 300)
        #expect(object["errors"] == 1)
        #expect(object["first_error"] == "ERR no")
        #expect(object["per_second"]?.text() == "100.000")
        guard case .array(let timeline)? = object["timeline"], case .array(let operations)? = object["operations"]
        else {
            Issue.record("no arrays")
            return
        }
        #expect(timeline.count == 3 && operations.count == 2)
        #expect(object["latency_ms"]?.text().contains(#""p99.99":2.00"#) == true)
    }

    @Test("CSV has as many cells in each row as names in the first")
    func csv() throws {
        let rows = try result().csv
        #expect(rows.count == 1 + 3 + 3)
        let counts = Set(rows.map { $0.split(separator: ",", omittingEmptySubsequences: false).count })
        #expect(counts == [14])
        #expect(rows[3].hasPrefix("all,0,3.000,300,100.000,1,1.500,"))
    }

    @Test("the picture is one SVG with a curve for the rate and three for the latencies")
    func picture() throws {
        let svg = LoadPicture(try result(), title: "a <b> & \u{1B}c").svg
        #expect(svg.hasPrefix("<svg "))
        #expect(svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("a &lt;b&gt; &amp; c"))
        #expect(svg.components(of: "<path ") == 4)
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }

    @Test("what progress shows is the last interval's rate and latencies")
    func progress() throws {
        let point = Timeline.Point(
            from: 0, seconds: 1, operations: 12_345, errors: 0, p50: 0.25, p99: 1.5, longest: 9)
        #expect(
            LoadDisplay.line("measuring", point, seconds: 3, left: 7)
                == "measuring  12,345/s  p50 0.250 ms  p99 1.500 ms  7 s left")
        #expect(LoadDisplay.line("loading", nil, seconds: 2.5, left: nil) == "loading  3 s")
    }
}

extension String {
    /// How often `piece` is in it.
    fileprivate func components(of piece: String) -> Int { ranges(of: piece).count }
}
