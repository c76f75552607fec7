/// A bar on standard error that shows how far a long command is; nothing when that is no terminal.
///
/// Belongs to one thread.
final class Progress {
    /// What is counted beside the bar.
    enum Unit { case rows, keys, none }

    private static let secondsBetweenDrawings = 0.1
    private let verb: String
    private let totalBytes: Int?
    private let unit: Unit
    private let isShown: Bool
    private let updatesBetweenLooks: Int
    private let start = SystemCall.now()
    /// What is done at once needs no bar.
    private var lastDrawing: Double
    private var updates = 0
    private var isDrawn = false

    /// - Parameters:
    ///   - verb: what is done, as `import`.
    ///   - totalBytes: how much there is, where that is known.
    ///   - quiet: shows nothing.
    ///   - updatesBetweenLooks: how often the clock is asked; 1 where an update stands for much work.
    init(_ verb: String, totalBytes: Int?, unit: Unit, quiet: Bool, updatesBetweenLooks: Int = 64) {
        self.verb = verb
        self.totalBytes = totalBytes
        self.unit = unit
        self.updatesBetweenLooks = updatesBetweenLooks
        lastDrawing = start + 0.2
        isShown = Terminal.errorIsTerminal && !quiet
    }

    /// Tells how many rows or keys are done, and how many bytes, which are asked for only when they are drawn.
    @inline(__always)
    func update(count: Int, bytes: @autoclosure () -> Int) {
        guard isShown else { return }
        updates += 1
        guard updates >= updatesBetweenLooks else { return }
        updates = 0
        let now = SystemCall.now()
        guard now - lastDrawing >= Progress.secondsBetweenDrawings else { return }
        lastDrawing = now
        draw(bytes: bytes(), count: count, now)
    }

    private func draw(bytes: Int, count: Int, _ now: Double) {
        let width = SystemCall.columns(of: SystemCall.standardError) ?? 80
        let line = Progress.line(
            verb, bytes: bytes, totalBytes: totalBytes, count: count, unit: unit, seconds: now - start, width: width)
        put("\r\(line)\u{1B}[K")
        isDrawn = true
    }

    /// Takes the bar away.
    func clear() {
        guard isDrawn else { return }
        isDrawn = false
        put("\r\u{1B}[K")
    }

    deinit { clear() }

    private func put(_ text: String) {
        // A bar that cannot be drawn is no reason to stop.
        try? Descriptor(standard: SystemCall.standardError).write(Array(text.utf8), name: "standard error")
    }

    /// The bar's line, at most `width` - 1 columns.
    static func line(
        _ verb: String, bytes: Int, totalBytes: Int?, count: Int, unit: Unit, seconds: Double, width: Int
    ) -> String {
        var parts: [String] = []
        var fraction: Double?
        if let totalBytes, totalBytes > 0 {
            let done = min(1, Double(bytes) / Double(totalBytes))
            fraction = done
            parts.append("\(Int(done * 100)) %")
        }
        let rate = seconds > 0 ? Double(count) / seconds : 0
        switch unit {
        case .rows:
            parts.append("\(Quantity.counted(count, "row", "rows")), \(Quantity.grouped(Int(rate)))/s")
        case .keys:
            parts.append("\(Quantity.counted(count, "key", "keys")), \(Quantity.grouped(Int(rate)))/s")
        case .none: break
        }
        if let fraction, fraction > 0.01, seconds > 1 {
            parts.append("\(Quantity.duration(seconds / fraction - seconds)) left")
        } else {
            parts.append(Quantity.duration(seconds))
        }
        let text = parts.joined(separator: "  ")
        let room = width - 1 - verb.count - text.count - 5
        guard let fraction, room >= 10 else { return String("\(verb)  \(text)".prefix(max(0, width - 1))) }
        let cells = min(room, 40)
        let full = Int(fraction * Double(cells))
        let bar = String(repeating: "#", count: full) + String(repeating: "-", count: cells - full)
        return "\(verb)  [\(bar)] \(text)"
    }
}
