#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file of byte strings, each after its length in 32 bits little endian; FFFFFFFF for one that is absent.
struct SizedFile {
    private let bytes: [UInt8]

    init(at path: String) throws {
        guard let file = fopen(path, "rb") else { throw UsageError(message: "cannot read \(path)") }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let size = ftell(file)
        rewind(file)
        bytes = [UInt8](unsafeUninitializedCapacity: max(size, 0)) { buffer, count in
            count = fread(buffer.baseAddress, 1, buffer.count, file)
        }
    }

    /// All strings.
    func texts() throws -> [String?] {
        var texts: [String?] = []
        var position = 0
        while position < bytes.count {
            guard position + 4 <= bytes.count else { throw UsageError(message: "the file is cut short") }
            let count = (0..<4).reduce(0) { $0 | Int(bytes[position + $1]) << ($1 * 8) }
            position += 4
            if count == 0xFFFF_FFFF {
                texts.append(nil)
                continue
            }
            guard position + count <= bytes.count else { throw UsageError(message: "the file is cut short") }
            texts.append(String(decoding: bytes[position..<position + count], as: UTF8.self))
            position += count
        }
        return texts
    }
}
