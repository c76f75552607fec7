/// The hash of FIPS 180-4, section 6.2: what names a chunk of a backup, and what passwords are kept as.
package struct SHA256 {
    private var state: InlineArray<8, UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    /// The beginning of the block that is not full yet.
    private var rest: InlineArray<64, UInt8> = .init(repeating: 0)
    private var count: UInt64 = 0

    package init() {}

    /// The hash of `bytes`, 32 of them.
    package static func hash(_ bytes: Span<UInt8>) -> [UInt8] {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    /// Adds bytes to what is hashed.
    package mutating func update(_ bytes: Span<UInt8>) {
        var start = 0
        var filled = Int(count % 64)
        count += UInt64(bytes.count)
        if filled > 0 {
            while filled < 64, start < bytes.count {
                rest[filled] = bytes[start]
                filled += 1
                start += 1
            }
            guard filled == 64 else { return }
            let block = rest
            compress(block.span, from: 0)
        }
        while start + 64 <= bytes.count {
            compress(bytes, from: start)
            start += 64
        }
        for place in start..<bytes.count { rest[place - start] = bytes[place] }
    }

    /// The hash of all bytes, 32 of them.
    package consuming func finish() -> [UInt8] {
        let bits = count &* 8
        var tail: [UInt8] = [0x80]
        tail += Array(repeating: 0, count: (119 - Int(count % 64)) % 64)
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            tail.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
        update(tail.span)
        var hash: [UInt8] = []
        for index in state.indices {
            for shift in [24, 16, 8, 0] as [UInt32] { hash.append(UInt8(truncatingIfNeeded: state[index] >> shift)) }
        }
        return hash
    }

    private mutating func compress(_ bytes: Span<UInt8>, from start: Int) {
        var words = InlineArray<64, UInt32>(repeating: 0)
        for place in 0..<16 {
            let first = start + place * 4
            words[place] =
                UInt32(bytes[first]) << 24 | UInt32(bytes[first + 1]) << 16 | UInt32(bytes[first + 2]) << 8
                | UInt32(bytes[first + 3])
        }
        for place in 16..<64 {
            let early = words[place - 15]
            let late = words[place - 2]
            let first = SHA256.rotate(early, 7) ^ SHA256.rotate(early, 18) ^ early >> 3
            let second = SHA256.rotate(late, 17) ^ SHA256.rotate(late, 19) ^ late >> 10
            words[place] = words[place - 16] &+ first &+ words[place - 7] &+ second
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        let constants = SHA256.constants.span
        for round in 0..<64 {
            let high = SHA256.rotate(e, 6) ^ SHA256.rotate(e, 11) ^ SHA256.rotate(e, 25)
            let first = h &+ high &+ (e & f ^ ~e & g) &+ constants[round] &+ words[round]
            let low = SHA256.rotate(a, 2) ^ SHA256.rotate(a, 13) ^ SHA256.rotate(a, 22)
            let second = low &+ (a & b ^ a & c ^ b & c)
            (h, g, f, e) = (g, f, e, d &+ first)
            (d, c, b, a) = (c, b, a, first &+ second)
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
        state[5] &+= f
        state[6] &+= g
        state[7] &+= h
    }

    @inline(__always)
    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}
