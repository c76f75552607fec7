// What the programs of this folder share: their arguments, the clock, and the files that they read.
#pragma once

#include <time.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include <leveldb/slice.h>

class Arguments {
 public:
  Arguments(int count, char** values) {
    if (count < 2 || count % 2 != 0) throw std::runtime_error("usage: floor WORK --option VALUE ...");
    work = values[1];
    for (int i = 2; i < count; i += 2) options_[values[i]] = values[i + 1];
  }

  std::string String(const std::string& name) const {
    auto found = options_.find(name);
    if (found == options_.end()) throw std::runtime_error(name + " is missing");
    return found->second;
  }

  size_t Number(const std::string& name, size_t otherwise) const {
    auto found = options_.find(name);
    return found == options_.end() ? otherwise : std::stoull(found->second);
  }

  std::string work;

 private:
  std::map<std::string, std::string> options_;
};

// The CPU time of this process so far, LevelDB's background thread included.
inline double CpuNanoseconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

template <typename Body>
void Measure(const std::string& work, size_t operations, Body body) {
  const double cpu_before = CpuNanoseconds();
  const auto start = std::chrono::steady_clock::now();
  const uint64_t sum = body();
  const std::chrono::duration<double, std::nano> wall = std::chrono::steady_clock::now() - start;
  const double cpu = CpuNanoseconds() - cpu_before;
  std::printf("{\"work\":\"%s\",\"operations\":%zu,\"wall_ns\":%.1f,\"cpu_ns\":%.1f,\"sum\":%llu}\n",
              work.c_str(), operations, wall.count() / operations, cpu / operations,
              static_cast<unsigned long long>(sum));
}

// A file of byte strings, each after its length in 32 bits little endian; FFFFFFFF for one that is absent.
class SizedFile {
 public:
  explicit SizedFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }

  bool AtEnd() const { return position_ == bytes_.size(); }

  uint32_t Number() {
    uint32_t number;
    std::memcpy(&number, Take(4).data(), 4);
    return number;
  }

  // The memory is the file's.
  std::optional<leveldb::Slice> Bytes() {
    const uint32_t count = Number();
    if (count == UINT32_MAX) return std::nullopt;
    return Take(count);
  }

 private:
  leveldb::Slice Take(size_t count) {
    if (count > bytes_.size() - position_) throw std::runtime_error("the file is cut short");
    position_ += count;
    return {&bytes_[position_ - count], count};
  }

  std::string bytes_;
  size_t position_ = 0;
};
