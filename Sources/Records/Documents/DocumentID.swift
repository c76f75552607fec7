package import KeySchemas
internal import Synchronization

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Makes the `_id` of documents that come without one: UUIDs of version 7 (RFC 9562), whose order is that of their
/// making.
///
/// 48 bits are the time in milliseconds and 74 are random. Within one millisecond, and while the clock stands still or
/// goes back, those 74 bits grow by a random amount, so that no two ids of a process are alike and each is above the
/// one before. A child of a fork takes new random bits.
package struct DocumentIDs: Sendable {
    package init() {}

    /// The process that made the last one.
    private var process: Int32?
    private var milliseconds: UInt64 = 0
    /// The 74 bits after the time.
    private var bits: UInt128 = 0

    private static let bitCount = 74
    /// More ids than one millisecond has room for take the next one's.
    private static let largestStep: UInt128 = 1 << 32
    private static let shared = Mutex(DocumentIDs())

    /// A new id, in any thread.
    package static func next() -> String {
        let now = UInt64(Swift.max(0, Date().timeIntervalSince1970 * 1000))
        let process = ProcessInfo.processInfo.processIdentifier
        var generator = SystemRandomNumberGenerator()
        return shared.withLock { $0.next(at: now, in: process, using: &generator) }.description
    }

    /// A new id.
    ///
    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - process: the number of the process.
    package mutating func next(
        at now: UInt64, in process: Int32, using generator: inout some RandomNumberGenerator
    ) -> UUID128 {
        if now > milliseconds || process != self.process {
            milliseconds = Swift.max(now, milliseconds)
            self.process = process
            bits = DocumentIDs.randomBits(using: &generator)
        } else {
            bits += UInt128.random(in: 1...DocumentIDs.largestStep, using: &generator)
            if bits >> DocumentIDs.bitCount != 0 {
                milliseconds += 1
                bits = DocumentIDs.randomBits(using: &generator)
            }
        }
        let time = UInt128(milliseconds & 0xFFFF_FFFF_FFFF) << 80
        let version: UInt128 = 7 << 76
        let variant: UInt128 = 0b10 << 62
        return UUID128(time | version | (bits >> 62) << 64 | variant | bits & ((1 << 62) - 1))
    }

    /// One bit less than there is room for, to count on from.
    private static func randomBits(using generator: inout some RandomNumberGenerator) -> UInt128 {
        (UInt128(generator.next()) << 64 | UInt128(generator.next())) >> UInt128(128 - bitCount + 1)
    }
}
