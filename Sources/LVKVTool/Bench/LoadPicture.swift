#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A picture of a load as SVG: throughput and latency over time, one above the other.
struct LoadPicture {
    private let points: [Timeline.Point]
    private let title: String
    private var elements: [String] = []

    private static let width = 860.0
    private static let left = 76.0
    private static let right = 20.0
    private static let top = 82.0
    private static let panel = 210.0
    private static let gap = 62.0
    private static var height: Double { top + 2 * panel + gap + 52 }

    private struct Curve {
        let name: String
        let color: String
        let values: [Double]
    }

    init(_ result: LoadResult, title: String) {
        points = result.points
        self.title = title
        let all = result.all
        let summary =
            "\(Quantity.grouped(Int(result.perSecond(all)))) operations a second · latency p50 "
            + "\(FixedPoint.text(all.percentile(50), places: 3)) ms, p99 \(FixedPoint.text(all.percentile(99), places: 3)) ms, "
            + "p99.99 \(FixedPoint.text(all.percentile(99.99), places: 3)) ms"
        text(LoadPicture.left, 26, title, size: 15, weight: "600")
        text(LoadPicture.left, 45, summary, size: 12, color: "#555")
        drawThroughput(at: LoadPicture.top)
        drawLatency(at: LoadPicture.top + LoadPicture.panel + LoadPicture.gap)
    }

    /// The whole file.
    var svg: String {
        let (width, height) = (Int(LoadPicture.width), Int(LoadPicture.height))
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
            font-family="system-ui, Helvetica, Arial, sans-serif" role="img">
            <title>\(LoadPicture.escaped(title))</title>
            <rect width="\(width)" height="\(height)" fill="white"/>
            \(elements.joined(separator: "\n"))
            </svg>

            """
    }

    // MARK: - Panels

    private mutating func drawThroughput(at top: Double) {
        let most = LoadPicture.roundUp(points.map(\.perSecond).max() ?? 1)
        let curve = Curve(name: "operations a second", color: "#1f6feb", values: points.map(\.perSecond))
        let place = { (value: Double) in top + LoadPicture.panel * (1 - value / most) }
        for step in 0...4 {
            let value = most * Double(step) / 4
            rule(place(value), label: Quantity.grouped(Int(value)))
        }
        draw([curve], in: top, place)
    }

    /// Latencies on a logarithmic scale: those that matter are far apart.
    private mutating func drawLatency(at top: Double) {
        let curves = [
            Curve(name: "max", color: "#b42318", values: points.map(\.longest)),
            Curve(name: "p99", color: "#d97706", values: points.map(\.p99)),
            Curve(name: "p50", color: "#15803d", values: points.map(\.p50)),
        ]
        let values = curves.flatMap(\.values).filter { $0 > 0 }
        var low = 0.001
        while low * 10 <= values.min() ?? 0.001 { low *= 10 }
        var decades = 1
        var high = low * 10
        while high < values.max() ?? 1 {
            high *= 10
            decades += 1
        }
        let place = { (value: Double) in
            top + LoadPicture.panel * (1 - log10(max(value, low) / low) / Double(decades))
        }
        var value = low
        for _ in 0...decades {
            rule(place(value), label: LoadPicture.milliseconds(value))
            value *= 10
        }
        draw(curves, in: top, place)
        timeAxis(top + LoadPicture.panel)
    }

    private mutating func draw(_ curves: [Curve], in top: Double, _ place: (Double) -> Double) {
        var legend = LoadPicture.left
        for curve in curves {
            let path = zip(points, curve.values).enumerated().map { index, pair in
                let x = across(pair.0.from + pair.0.seconds / 2)
                return "\(index == 0 ? "M" : "L")\(LoadPicture.short(x)) \(LoadPicture.short(place(pair.1)))"
            }
            elements.append(
                "<path d=\"\(path.joined(separator: " "))\" fill=\"none\" stroke=\"\(curve.color)\" stroke-width=\"1.8\" "
                    + "stroke-linejoin=\"round\"/>")
            if points.count <= 60 {
                for (point, value) in zip(points, curve.values) {
                    let x = across(point.from + point.seconds / 2)
                    elements.append(
                        "<circle cx=\"\(LoadPicture.short(x))\" cy=\"\(LoadPicture.short(place(value)))\" r=\"2.2\" "
                            + "fill=\"\(curve.color)\"/>")
                }
            }
            elements.append(
                "<rect x=\"\(LoadPicture.short(legend))\" y=\"\(LoadPicture.short(top - 15))\" width=\"10\" height=\"3\" "
                    + "fill=\"\(curve.color)\"/>")
            text(legend + 15, top - 10, curve.name, size: 11, color: "#333")
            legend += 34 + Double(curve.name.count) * 6.4
        }
    }

    private mutating func timeAxis(_ y: Double) {
        let end = points.last.map { $0.from + $0.seconds } ?? 1
        var step = 1.0
        while end / step > 12 { step = step < 5 ? step * 2.5 : step * 2 }
        if end < 3 { step = end / 4 }
        var time = 0.0
        while time <= end * 1.0001 {
            text(
                across(time), y + 18, FixedPoint.text(time, places: step == step.rounded() ? 0 : 1), size: 11,
                anchor: "middle", color: "#555")
            time += step
        }
        text(
            LoadPicture.width - LoadPicture.right, y + 38, "seconds since the start", size: 11, anchor: "end",
            color: "#555")
        text(LoadPicture.left, y + 38, "latency in milliseconds, logarithmic", size: 11, color: "#555")
    }

    // MARK: - Pieces

    /// Where a time lies.
    private func across(_ seconds: Double) -> Double {
        let end = max(0.001, points.last.map { $0.from + $0.seconds } ?? 1)
        return LoadPicture.left + (LoadPicture.width - LoadPicture.left - LoadPicture.right) * seconds / end
    }

    private mutating func rule(_ y: Double, label: String) {
        elements.append(
            "<line x1=\"\(LoadPicture.short(LoadPicture.left))\" x2=\"\(LoadPicture.short(LoadPicture.width - LoadPicture.right))\" "
                + "y1=\"\(LoadPicture.short(y))\" y2=\"\(LoadPicture.short(y))\" stroke=\"#e5e7eb\"/>")
        text(LoadPicture.left - 8, y + 4, label, size: 11, anchor: "end", color: "#555")
    }

    private mutating func text(
        _ x: Double, _ y: Double, _ words: String, size: Int, weight: String = "400", anchor: String = "start",
        color: String = "#111"
    ) {
        elements.append(
            "<text x=\"\(LoadPicture.short(x))\" y=\"\(LoadPicture.short(y))\" font-size=\"\(size)\" font-weight=\"\(weight)\" "
                + "text-anchor=\"\(anchor)\" fill=\"\(color)\">\(LoadPicture.escaped(words))</text>")
    }

    private static func short(_ value: Double) -> String { FixedPoint.text(value, places: 1) }

    private static func milliseconds(_ value: Double) -> String {
        FixedPoint.text(value, places: value < 0.00999 ? 3 : value < 0.0999 ? 2 : value < 0.999 ? 1 : 0)
    }

    /// The next of 1, 2, 2.5, 5 and 10 times a power of ten.
    static func roundUp(_ value: Double) -> Double {
        var power = 1.0
        while power * 10 < value { power *= 10 }
        return [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= value } ?? power * 10
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default:
                // XML has no place for control characters.
                if scalar.value >= 32 { escaped.unicodeScalars.append(scalar) }
            }
        }
        return escaped
    }
}
