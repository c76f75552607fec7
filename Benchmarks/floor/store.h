// A LevelDB database as every side opens it.
#pragma once

#include <memory>
#include <stdexcept>

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/filter_policy.h>

#include "harness.h"

inline void Check(const leveldb::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.ToString());
}

struct Store {
  explicit Store(const Arguments& arguments)
      : cache(leveldb::NewLRUCache(arguments.Number("--cache", 8 << 20))),
        filter(leveldb::NewBloomFilterPolicy(static_cast<int>(arguments.Number("--bloom", 10)))) {
    leveldb::Options options;
    options.create_if_missing = true;
    options.paranoid_checks = true;
    options.write_buffer_size = arguments.Number("--write-buffer", 16 << 20);
    options.block_cache = cache.get();
    options.filter_policy = filter.get();
    leveldb::DB* opened = nullptr;
    Check(leveldb::DB::Open(options, arguments.String("--db"), &opened));
    db.reset(opened);
    read.verify_checksums = true;
  }

  std::unique_ptr<leveldb::Cache> cache;
  std::unique_ptr<const leveldb::FilterPolicy> filter;
  std::unique_ptr<leveldb::DB> db;
  leveldb::ReadOptions read;
};
