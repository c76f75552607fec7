internal import LVKV
internal import Records

/// What a load measured.
struct LoadResult: Sendable {
    /// A line of the result: an operation, or all together.
    struct Line: Sendable {
        let name: String
        let tally: Tally
    }

    /// Where it went and how, for the heading: names and values.
    let settings: [(name: String, value: JSONValue)]
    let seconds: Double
    let lines: [Line]
    let all: Tally
    let points: [Timeline.Point]
    /// How many operations were due in an open loop and never sent.
    let unsent: Int
    let firstError: String
    let isOpenLoop: Bool

    init(
        settings: [(name: String, value: JSONValue)], _ phase: LoadPhase, firstError: [UInt8]
    ) {
        self.settings = settings
        seconds = phase.timeline.seconds
        let totals = phase.timeline.totals
        lines = zip(phase.workload.operations, totals).map { Line(name: $0.name, tally: $1) }
        var all = Tally()
        for tally in totals { all.add(tally) }
        self.all = all
        points = phase.timeline.points
        unsent = phase.timeline.unsent
        self.firstError = Escaping.text(firstError.span)
        isOpenLoop = phase.settings.rate != nil
    }

    func perSecond(_ tally: Tally) -> Double { seconds > 0 ? Double(tally.operations) / seconds : 0 }

    /// All lines, that of all operations last when there is more than one.
    var allLines: [Line] { lines + (lines.count > 1 ? [Line(name: "all", tally: all)] : []) }
}

/// Numbers with a fixed count of decimals.
enum FixedPoint {
    /// Three decimals below 10, and fewer of what is more.
    static func short(_ value: Double) -> String {
        text(value, places: value < 9.9995 ? 3 : value < 99.995 ? 2 : value < 999.95 ? 1 : 0)
    }

    static func text(_ value: Double, places: Int) -> String {
        let scale = (0..<places).reduce(1) { power, _ in power * 10 }
        guard value.isFinite, abs(value) < 1e12 else { return "?" }
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(sign)\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
    }
}

// MARK: - Forms

extension LoadResult {
    /// The lines of a table for people.
    ///
    /// - Parameter width: of the terminal.
    func table(width: Int, isColored: Bool) -> [String] {
        var lines = heading(width: width)
        let headings =
            ["operation", "count", "a second"] + (all.errors > 0 ? ["errors"] : [])
            + ["mean"] + Tally.percents.map(\.name) + ["max"]
        var table = Table(headings, width: width, isColored: isColored)
        for line in allLines {
            var cells: [Table.Cell] = [
                .text(Escaping.message(line.name)), .number(Quantity.grouped(line.tally.operations)),
                .number(Quantity.grouped(Int(perSecond(line.tally)))),
            ]
            if all.errors > 0 { cells.append(.number(Quantity.grouped(line.tally.errors))) }
            let times =
                [line.tally.mean] + Tally.percents.map { line.tally.percentile($0.percent) } + [line.tally.longest]
            cells += times.map { .number(FixedPoint.short($0)) }
            lines += table.add(cells)
        }
        lines += table.end()
        lines.append("")
        lines.append(
            isOpenLoop
                ? "Latencies are in milliseconds, from when an operation was due."
                : "Latencies are in milliseconds, from sending. Clients that wait send less meanwhile; --rate does not."
        )
        if points.count > 1 { lines.append(sparkline(width: width)) }
        if unsent > 0 {
            lines.append(
                "\(Quantity.counted(unsent, "operation was", "operations were")) due and not sent by the end; they count "
                    + "as waiting until then.")
        }
        if all.errors > 0 { lines.append("The first error: \(firstError)") }
        return lines
    }

    private func heading(width: Int) -> [String] {
        let words = settings.map { name, value in
            if case .string(let text) = value { return "\(name) \(Escaping.message(text))" }
            return "\(name) \(value.text())"
        }
        var lines: [String] = []
        var line = ""
        for word in words {
            if !line.isEmpty && line.count + word.count + 3 > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " · ") + word
        }
        return lines + [line, ""]
    }

    /// The throughput over time in one line.
    private func sparkline(width: Int) -> String {
        let cells = Array("▁▂▃▄▅▆▇█")
        let room = max(10, min(60, width - 40))
        let group = (points.count + room - 1) / room
        let rates = stride(from: 0, to: points.count, by: group).map { start in
            let piece = points[start..<min(points.count, start + group)]
            return piece.reduce(0) { $0 + $1.perSecond } / Double(piece.count)
        }
        let most = max(1, rates.max() ?? 1)
        let bars = rates.map { cells[min(cells.count - 1, Int($0 / most * Double(cells.count)))] }
        let least = Quantity.grouped(Int(rates.min() ?? 0))
        return "Over time: \(String(bars)) \(least) to \(Quantity.grouped(Int(most))) a second"
    }

    /// One JSON object.
    var json: JSONValue {
        var object = JSONObject()
        var own = JSONObject()
        for (name, value) in settings { own[name] = value }
        object["settings"] = .object(own)
        object["seconds"] = LoadResult.number(seconds)
        for (name, value) in members(of: all).members.map({ ($0.key, $0.value) }) { object[name] = value }
        object["unsent"] = .integer(unsent)
        object["first_error"] = firstError.isEmpty ? .null : .string(firstError)
        object["operations"] = .array(
            lines.map { line in
                var member = JSONObject()
                member["name"] = .string(line.name)
                for (name, value) in members(of: line.tally).members.map({ ($0.key, $0.value) }) {
                    member[name] = value
                }
                return .object(member)
            })
        object["timeline"] = .array(
            points.map { point in
                [
                    "from": LoadResult.number(point.from), "seconds": LoadResult.number(point.seconds),
                    "count": .integer(point.operations), "per_second": LoadResult.number(point.perSecond),
                    "errors": .integer(point.errors), "p50_ms": LoadResult.number(point.p50),
                    "p99_ms": LoadResult.number(point.p99), "max_ms": LoadResult.number(point.longest),
                ]
            })
        return .object(object)
    }

    private func members(of tally: Tally) -> JSONObject {
        var object = JSONObject()
        object["count"] = .integer(tally.operations)
        object["per_second"] = LoadResult.number(perSecond(tally))
        object["errors"] = .integer(tally.errors)
        var latency = JSONObject()
        latency["mean"] = LoadResult.number(tally.mean)
        for (name, percent) in Tally.percents { latency[name] = LoadResult.number(tally.percentile(percent)) }
        latency["max"] = LoadResult.number(tally.longest)
        object["latency_ms"] = .object(latency)
        return object
    }

    private static func number(_ value: Double) -> JSONValue {
        (try? JSONValue(parsing: Array(FixedPoint.text(value, places: 3).utf8))) ?? .null
    }

    /// Rows of comma-separated values: one an operation, then one an interval.
    var csv: [String] {
        let times = ["mean_ms"] + Tally.percents.map { $0.name + "_ms" } + ["max_ms"]
        var rows = [CSVText.row(["operation", "from", "seconds", "count", "per_second", "errors"] + times)]
        let text = { FixedPoint.text($0, places: 3) }
        for line in allLines {
            let latencies =
                [line.tally.mean] + Tally.percents.map { line.tally.percentile($0.percent) } + [line.tally.longest]
            rows.append(
                CSVText.row(
                    [
                        line.name, "0", text(seconds), "\(line.tally.operations)", text(perSecond(line.tally)),
                        "\(line.tally.errors)",
                    ] + latencies.map(text)))
        }
        for point in points {
            let latencies = Tally.percents.map { percent in
                percent.name == "p50" ? text(point.p50) : percent.name == "p99" ? text(point.p99) : ""
            }
            rows.append(
                CSVText.row(
                    [
                        "interval", text(point.from), text(point.seconds), "\(point.operations)", text(point.perSecond),
                        "\(point.errors)", "",
                    ] + latencies + [text(point.longest)]))
        }
        return rows
    }
}
