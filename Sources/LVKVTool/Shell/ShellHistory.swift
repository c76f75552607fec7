internal import LVKV

/// The lines that were typed in earlier shells.
struct ShellHistory {
    private let path: String?
    let lines: [String]

    /// Reads the file that `LVKV_HISTORY` names, or `.lvkv_history` in the home directory.
    init() {
        path =
            SystemCall.environment("LVKV_HISTORY")
            ?? SystemCall.environment("HOME").map { "\($0)/.lvkv_history" }
        var lines: [String] = []
        if let path, let input = try? Input(path), let bytes = try? input.readAll(atMost: 1 << 20) {
            lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
        self.lines = lines
    }

    /// Keeps lines for the next shell. Where that is not possible they are forgotten.
    func save(_ lines: [String]) {
        guard let path, let file = try? Descriptor(path: path, writing: true, isPrivate: true) else { return }
        try? file.write(Array((lines.joined(separator: "\n") + "\n").utf8), name: path)
    }
}
