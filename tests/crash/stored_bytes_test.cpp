// The decoders of stored bytes without libFuzzer: the corpus, with every input that ever crashed
// one, and mutations of a real book's log and rows.
#include "tests/fuzz/stored_bytes.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>

#include <catch2/catch.hpp>

#include "ledger/commands.pb.h"
#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "tests/crash/script.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

namespace fs = std::filesystem;

std::string u32(std::size_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
  return out;
}

const Script& script() {
  static const Script kScript({.processes = 1, .rounds = 1, .bulk_bytes = 0});
  return kScript;
}

std::vector<pb::Envelope> envelopes() {
  std::vector<pb::Envelope> out;
  for (const auto& [key, value] : script().rows(script().last_sequence())) {
    if (key.front() != static_cast<char>(keys::Table::Log)) continue;
    REQUIRE(out.emplace_back().ParseFromString(LogRecord::parse(value)->envelope));
  }
  return out;
}

std::string log_input(const std::vector<pb::Envelope>& commands) {
  std::string out;
  for (const pb::Envelope& envelope : commands) {
    const std::string bytes = envelope.SerializeAsString();
    out += u32(bytes.size()) + bytes;
  }
  return out;
}

/// The manifest and the logs as their names order them.
std::string engine_input(const MemoryDisk::Contents& disk) {
  std::string manifest;
  std::string logs;
  for (const auto& [name, bytes] : disk) {
    const std::string part = u32(bytes.size()) + bytes;
    if (name.starts_with("MANIFEST")) manifest += part;
    if (name.ends_with(".log")) logs += part;
  }
  return manifest + logs;
}

std::string rows_input(const tests::Rows& rows) {
  std::string out;
  for (const auto& [key, value] : rows) {
    out.push_back(static_cast<char>(key.size()));
    out += key + u32(value.size()) + value;
  }
  return out;
}

/// Bytes flipped, set, cut out, repeated: what libFuzzer does, without its feedback.
std::string mutated(std::string bytes, std::mt19937_64& random) {
  for (auto changes = 1 + random() % 4; changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = random() % bytes.size();
    switch (random() % 4) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(random());
        break;
      case 2:
        bytes.erase(at, 1 + random() % 16);
        break;
      default:
        bytes.insert(at, bytes.substr(at, 1 + random() % 16));
        break;
    }
  }
  return bytes;
}

void replay_corpus(const char* folder, const std::function<void(std::string_view)>& decode) {
  std::size_t inputs = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(FUZZ_CORPUS) / folder)) {
    INFO(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    decode(std::string(std::istreambuf_iterator<char>(file), {}));
    ++inputs;
  }
  CHECK(inputs > 0);
}

}  // namespace

TEST_CASE("the corpus of the fuzzers, with all that ever crashed, is decoded or refused") {
  replay_corpus("log", decode_log);
  replay_corpus("rows", decode_rows);
  replay_corpus("engine", decode_engine_files);
}

TEST_CASE("a mutated log is applied or refused, never a crash") {
  const std::string seed = log_input(envelopes());
  std::mt19937_64 random(1);
  for (int i = 0; i < 1'000; ++i) decode_log(mutated(seed, random));
  SUCCEED();
}

TEST_CASE("mutated rows are read or refused, never a crash") {
  const std::string seed = rows_input(script().rows(script().last_sequence()));
  std::mt19937_64 random(2);
  for (int i = 0; i < 200; ++i) decode_rows(mutated(seed, random));
  SUCCEED();
}

TEST_CASE("mutated files of the engine are whole, have a hole or are left to it, never a crash") {
  const std::string seed = engine_input(disk_after(script(), script().steps().size()));
  std::mt19937_64 random(3);
  for (int i = 0; i < 3'000; ++i) decode_engine_files(mutated(seed, random));
  SUCCEED();
}

TEST_CASE("a stored command that no book would have logged is refused as damage") {
  const auto refusal = [](const std::function<void(pb::Envelope&)>& change) {
    struct Empty final : store::Reader {
      Result<std::optional<std::string>> get(std::string_view) const override {
        return std::optional<std::string>{};
      }
      Status scan(std::string_view, std::string_view, const Visit&) const override { return {}; }
      Status scan_reverse(std::string_view, std::string_view, const Visit&) const override {
        return {};
      }
    };
    pb::Envelope envelope;
    envelope.set_sequence(1);
    envelope.set_time(1'800'000'000'000);
    envelope.set_entropy(std::string(10, 'e'));
    envelope.mutable_command()->mutable_create_merchant()->set_name("Shop");
    change(envelope);
    const Empty empty;
    Overlay overlay(empty);
    pb::Head head;
    const Effect effect = apply_envelope(overlay, head, envelope);
    CHECK(!effect.logged == !effect.reply.has_value());
    return effect.reply ? std::string() : effect.reply.error().reason;
  };
  CHECK(refusal([](pb::Envelope&) {}).empty());
  CHECK(refusal([](pb::Envelope& envelope) { envelope.set_entropy("short"); }) == "corrupt_log");
  CHECK(refusal([](pb::Envelope& envelope) { envelope.set_time(-1); }) == "corrupt_log");
  CHECK(refusal([](pb::Envelope& envelope) { envelope.set_time(INT64_MAX); }) == "corrupt_log");
  CHECK(refusal([](pb::Envelope& envelope) {
          envelope.mutable_command()->mutable_create_intent()->set_expires_in_ms(INT64_MAX);
        }) == "corrupt_log");
  CHECK(refusal([](pb::Envelope& envelope) {
          envelope.mutable_command()->mutable_create_intent()->set_late_window_ms(INT64_MIN);
        }) == "corrupt_log");
  CHECK(refusal([](pb::Envelope& envelope) {
          envelope.mutable_command()->mutable_rotate_endpoint_secret()->set_overlap_ms(INT64_MAX);
        }) == "corrupt_log");
  CHECK(refusal([](pb::Envelope& envelope) {
          envelope.mutable_command()->mutable_add_deposit_addresses()->add_addresses("short");
        }) == "corrupt_log");
}

TEST_CASE("seeds for the fuzzers", "[.]") {
  const char* out = std::getenv("SETTLED_CORPUS");
  REQUIRE(out != nullptr);
  const auto write = [&](const char* folder, const std::string& name, const std::string& bytes) {
    fs::create_directories(fs::path(out) / folder);
    std::ofstream(fs::path(out) / folder / name, std::ios::binary) << bytes;
  };
  write("log", "book", log_input(envelopes()));
  const tests::Rows& rows = script().rows(script().last_sequence());
  write("rows", "book", rows_input(rows));
  // Small, for a fuzzer that is to try much: what the log says of them is left out.
  tests::Rows one_of_each;
  std::string tables;
  for (const auto& [key, value] : rows) {
    const bool meta = key.front() == static_cast<char>(keys::Table::Meta);
    if (key.front() == static_cast<char>(keys::Table::Log)) continue;
    if (!meta && tables.contains(key.front())) continue;
    tables.push_back(key.front());
    one_of_each.emplace(key, value);
  }
  write("rows", "one_of_each", rows_input(one_of_each));
  write("engine", "book", engine_input(disk_after(script(), script().steps().size())));
}
