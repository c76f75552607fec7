internal import LevelDB
internal import OrderedStore

/// Reads a whole database with checksums, past whatever is damaged, and finds between which keys that is.
///
/// LevelDB passes over a damaged block and tells of it at the end of a scan, without saying where. So the keys
/// are read in slices, and a slice that ends with an error is halved until the gaps between neighbouring
/// readable keys are found.
struct DamageFinder {
    /// A stretch of the database that could not be read.
    struct Damage: Equatable {
        /// The last readable key before it; empty at the start.
        var after: [UInt8]
        /// The first readable key after it; `nil` at the end.
        var before: [UInt8]?
        /// LevelDB's words.
        var words: String
    }

    private static let keysPerSlice = 4096
    private static let bytesPerSlice = 4 << 20

    private let progress: (_ keys: Int, _ position: [UInt8]) -> Void
    private(set) var keys = 0
    private(set) var bytes = 0
    private(set) var damages: [Damage] = []
    /// The first key that does not come after the one before it.
    private(set) var disorder: [UInt8]?

    /// - Parameter progress: is told after some keys how many were read, and the last.
    init(progress: @escaping (_ keys: Int, _ position: [UInt8]) -> Void) { self.progress = progress }

    /// Reads everything.
    ///
    /// - Throws: `StoreError` other than damage.
    mutating func run(_ snapshot: borrowing LevelDBSnapshot) throws {
        // A table of level 0 that cannot be opened shows in every scan, wherever it is.
        if let words = try damage(in: KeyRange(from: [UInt8](repeating: 0xFF, count: 64)), snapshot) {
            damages.append(Damage(after: [], before: nil, words: words))
        }
        let isEverywhere = !damages.isEmpty
        var start: [UInt8] = []
        while true {
            var slice: [[UInt8]] = start.isEmpty ? [] : [start]
            let (isLast, words) = try read(from: start, into: &slice, snapshot)
            if words != nil && !isEverywhere { try locate(in: slice, from: start, isLast: isLast, snapshot) }
            guard !isLast, let last = slice.last else { break }
            progress(keys, last)
            start = last
        }
    }

    /// Reads one slice from `start` on.
    ///
    /// - Returns: whether the end was reached, and LevelDB's words if something was passed over.
    private mutating func read(
        from start: [UInt8], into slice: inout [[UInt8]], _ snapshot: borrowing LevelDBSnapshot
    ) throws -> (isLast: Bool, words: String?) {
        let options = ScanOptions(limit: DamageFinder.keysPerSlice, fillCache: false)
        var cursor = snapshot.cursor(in: KeyRange(from: start), options: options)
        var lent = 0
        var sliceBytes = 0
        var words: String?
        while true {
            do throws(StoreError) {
                guard try cursor.next() != nil else { break }
            } catch {
                guard error.code == .corruption || error.code == .io else { throw error }
                // A second error is that of the end.
                let isFirst = words == nil
                words = error.message
                if !isFirst || lent > 0 { break }
            }
            // Where the damage lies in another table at `start`, the error comes with the first key.
            guard let entry = cursor.current else { break }
            lent += 1
            if entry.key.equals(start.span) && !start.isEmpty { continue }
            keys += 1
            bytes += entry.key.count + entry.value.count
            sliceBytes += entry.key.count
            if disorder == nil, let last = slice.last, last.span.compare(to: entry.key) >= 0 {
                disorder = entry.key.array
            }
            slice.append(entry.key.array)
            if sliceBytes >= DamageFinder.bytesPerSlice {
                // The cursor tells of damage at its end only.
                return (false, try words ?? damage(in: KeyRange(from: start, to: entry.key.array), snapshot))
            }
        }
        return (lent < DamageFinder.keysPerSlice, words)
    }

    /// Finds the gaps of `slice` that cannot be read.
    private mutating func locate(
        in slice: [[UInt8]], from start: [UInt8], isLast: Bool, _ snapshot: borrowing LevelDBSnapshot
    ) throws {
        var bounds: [[UInt8]?] = start.isEmpty ? [[]] : []
        bounds += slice.map { $0 }
        if isLast { bounds.append(nil) }
        var pending = [0..<(bounds.count - 1)]
        while let gaps = pending.popLast() {
            guard let lower = bounds[gaps.lowerBound], !gaps.isEmpty else { continue }
            let upper = bounds[gaps.upperBound]
            guard let words = try damage(in: KeyRange(from: lower, to: upper), snapshot) else { continue }
            if gaps.count == 1 {
                note(Damage(after: lower, before: upper, words: words))
            } else {
                let middle = gaps.lowerBound + gaps.count / 2
                pending.append(middle..<gaps.upperBound)
                pending.append(gaps.lowerBound..<middle)
            }
        }
    }

    /// Adds a damage, to the one before if they touch.
    private mutating func note(_ damage: Damage) {
        if let last = damages.last, last.before == damage.after {
            damages[damages.count - 1].before = damage.before
        } else {
            damages.append(damage)
        }
    }

    /// LevelDB's words about what a scan of `range` passes over; `nil` when it is whole.
    private func damage(in range: KeyRange, _ snapshot: borrowing LevelDBSnapshot) throws -> String? {
        var cursor = snapshot.cursor(in: range, options: ScanOptions(keysOnly: true, fillCache: false))
        do throws(StoreError) {
            while try cursor.next() != nil {}
            return nil
        } catch {
            guard error.code == .corruption || error.code == .io else { throw error }
            return error.message
        }
    }
}
