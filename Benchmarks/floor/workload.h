// The keys and values that every side of a comparison writes and reads: the same bytes in the same order.
#pragma once

#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include <leveldb/slice.h>

// splitmix64: three lines in any language.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

// 16-byte keys, the entry's number in decimal, made before the clock starts.
class Keys {
 public:
  static constexpr size_t kLength = 16;

  explicit Keys(const std::vector<uint32_t>& order) : bytes_(order.size() * kLength, '0') {
    for (size_t i = 0; i < order.size(); i++) {
      char* end = &bytes_[(i + 1) * kLength];
      for (uint32_t rest = order[i]; rest > 0; rest /= 10) *--end = static_cast<char>('0' + rest % 10);
    }
  }

  leveldb::Slice operator[](size_t i) const { return {&bytes_[i * kLength], kLength}; }
  size_t count() const { return bytes_.size() / kLength; }

  static std::vector<uint32_t> Sequential(size_t count) {
    std::vector<uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0);
    return order;
  }

  // Every number below `count` once.
  static std::vector<uint32_t> Shuffled(size_t count, uint64_t seed) {
    std::vector<uint32_t> order = Sequential(count);
    Random random(seed);
    for (size_t i = count; i > 1; i--) std::swap(order[i - 1], order[random.Next() % i]);
    return order;
  }

 private:
  std::string bytes_;
};

// 100-byte values that compress to about a half, as LevelDB's own db_bench makes them: 50 random printable
// bytes, twice; a window that moves over a good MiB of them.
class Values {
 public:
  static constexpr size_t kLength = 100;

  Values() {
    Random random(301);
    for (int piece = 0; piece < 10486; piece++) {
      const size_t start = bytes_.size();
      for (size_t i = 0; i < kLength / 2; i++) bytes_ += static_cast<char>(' ' + random.Next() % 95);
      bytes_.append(bytes_, start, kLength / 2);
    }
  }

  leveldb::Slice Next() {
    if (position_ + kLength > bytes_.size()) position_ = 0;
    position_ += kLength;
    return {&bytes_[position_ - kLength], kLength};
  }

 private:
  std::string bytes_;
  size_t position_ = 0;
};
