internal import KeySchemas
internal import OrderedStore

/// How far a load is: kept in the database that is filled, in the same batch as each block, under `FF v ("load")`.
struct LoadProgress: Equatable {
    /// Which dump it is.
    var dump: String
    var blocks = 0
    var entries = 0
    var bytes = 0
    /// The checksum of the stream up to there.
    var check: UInt32 = 0

    static let key: [UInt8] = {
        var key: [UInt8] = [0xFF, UInt8(ascii: "v")]
        Tuple.append(.string("load"), to: &key)
        return key
    }()

    var text: String { "dump \(dump)\nblocks \(blocks)\nentries \(entries)\nbytes \(bytes)\ncheck \(check)\n" }

    init(dump: String) { self.dump = dump }

    /// - Returns: `nil` when the bytes are no progress.
    init?(_ bytes: Span<UInt8>) {
        let lines = DumpFormat.lines(bytes)
        guard let dump = lines["dump"], let blocks = lines["blocks"].flatMap({ Int($0) }),
            let entries = lines["entries"].flatMap({ Int($0) }), let count = lines["bytes"].flatMap({ Int($0) }),
            let check = lines["check"].flatMap({ UInt32($0) })
        else { return nil }
        self.dump = dump
        self.blocks = blocks
        self.entries = entries
        self.bytes = count
        self.check = check
    }
}
