#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Ranks by Zipf's law: of `count` things, the *k*-th is drawn in proportion to 1/*k* to the power of the exponent.
///
/// Exact and without a table, by rejection inversion (Hörmann and Derflinger, 1996), so that it begins at once however
/// many keys there are.
struct ZipfRanks: Sendable {
    let count: Int
    let exponent: Double
    /// The integral of the density at both ends of what is drawn from.
    private let low: Double
    private let high: Double
    /// A point drawn no further than this left of a rank is taken without a look at the density.
    private let cut: Double

    /// - Parameters:
    ///   - count: 1 or more.
    ///   - exponent: above 0; 0.99 is YCSB's.
    init(count: Int, exponent: Double) {
        self.count = count
        self.exponent = exponent
        low = ZipfRanks.integral(1.5, exponent) - 1
        high = ZipfRanks.integral(Double(count) + 0.5, exponent)
        cut =
            2
            - ZipfRanks.inverse(
                ZipfRanks.integral(2.5, exponent) - ZipfRanks.density(2, exponent), exponent)
    }

    /// A rank from 1 to ``count``.
    ///
    /// - Complexity: O(1), with less than two draws on average.
    func next(_ random: inout LoadRandom) -> Int {
        while true {
            let area = high + random.fraction() * (low - high)
            let point = ZipfRanks.inverse(area, exponent)
            let rank = min(max(1, (point + 0.5).rounded(.down)), Double(count))
            if rank - point <= cut
                || area >= ZipfRanks.integral(rank + 0.5, exponent) - ZipfRanks.density(rank, exponent)
            {
                return Int(rank)
            }
        }
    }

    private static func density(_ x: Double, _ exponent: Double) -> Double { exp(-exponent * log(x)) }

    /// The integral of the density up to `x`, whatever the exponent, 1 included.
    private static func integral(_ x: Double, _ exponent: Double) -> Double {
        let logarithm = log(x)
        let z = (1 - exponent) * logarithm
        // (e^z - 1) / z
        let quotient = abs(z) > 1e-8 ? expm1(z) / z : 1 + z / 2 * (1 + z / 3 * (1 + z / 4))
        return quotient * logarithm
    }

    private static func inverse(_ area: Double, _ exponent: Double) -> Double {
        let z = max(-1, area * (1 - exponent))
        // log(1 + z) / z
        let quotient = abs(z) > 1e-8 ? log1p(z) / z : 1 - z * (1.0 / 2 - z * (1.0 / 3 - z / 4))
        return exp(quotient * area)
    }
}
