#include <cstdio>
#include <string>
#include <string_view>

#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/log_check.hpp"
#include "ledger/state.hpp"
#include "ledger/store/leveldb_store.hpp"

// What somebody with the disk could do to a book that nobody has open: tamper_log STORE WHAT
// [RECORD]
//   hole      takes a record out            edit     changes a record's time
//   reorder   exchanges it with the next    rewrite  edits it and makes the chain whole again
//   lose      cuts the log and the head off after it
// Without a record it is the one before the last. Prints the record.
namespace {

using namespace settled;
using namespace settled::ledger;

Result<LogRecord> edited(const store::Store& store, LogLayout layout, std::uint64_t sequence) {
  TRY(LogRecord record, read_log(store, layout, sequence));
  pb::Envelope envelope;
  if (!envelope.ParseFromString(record.envelope)) {
    return fail(Errc::Corrupt, "corrupt_log", "the envelope does not parse");
  }
  envelope.set_time(envelope.time() + 1);
  record.envelope = envelope.SerializeAsString();
  return record;
}

Status tamper(store::Store& store, std::string_view what, std::uint64_t sequence) {
  TRY(const LogLayout layout, read_layout(store));
  TRY(auto head, read_record<pb::Head>(store, keys::head()));
  if (!head) return fail(Errc::NotFound, "no_head", "there is no head");
  store::Batch batch;
  if (what == "hole") {
    batch.erase(keys::log(sequence));
  } else if (what == "edit") {
    TRY(const LogRecord record, edited(store, layout, sequence));
    batch.put(keys::log(sequence), record.stored());
  } else if (what == "reorder") {
    TRY(const LogRecord one, read_log(store, layout, sequence));
    TRY(const LogRecord other, read_log(store, layout, sequence + 1));
    batch.put(keys::log(sequence), other.stored());
    batch.put(keys::log(sequence + 1), one.stored());
  } else if (what == "rewrite") {
    Hash256 hash;
    if (sequence > 1) {
      TRY(const LogRecord before, read_log(store, layout, sequence - 1));
      hash = before.hash;
    }
    for (std::uint64_t at = sequence; at <= head->sequence(); ++at) {
      TRY(LogRecord record,
          at == sequence ? edited(store, layout, at) : read_log(store, layout, at));
      record.hash = chain_hash(hash.raw(), at, record);
      hash = record.hash;
      batch.put(keys::log(at), record.stored());
    }
    head->set_hash(hash.raw());
    batch.put(keys::head(), head->SerializeAsString());
  } else if (what == "lose") {
    TRY(const LogRecord last, read_log(store, layout, sequence));
    for (std::uint64_t at = sequence + 1; at <= head->sequence(); ++at) batch.erase(keys::log(at));
    head->set_sequence(sequence);
    head->set_hash(last.hash.raw());
    batch.put(keys::head(), head->SerializeAsString());
  } else {
    return fail(Errc::Invalid, "unknown", "no such damage");
  }
  return store.write(batch, store::Durability::Synced);
}

Result<std::uint64_t> run(const std::string& directory, std::string_view what,
                          const std::string& record) {
  TRY(const auto store, store::open_leveldb(directory, {}));
  TRY(const std::uint64_t end, log_end(*store));
  const std::uint64_t sequence = record.empty() ? end - 1 : std::stoull(record);
  TRY_OK(tamper(*store, what, sequence));
  return sequence;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto done = run(argv[1], argv[2], argc > 3 ? argv[3] : "");
  if (!done) {
    std::fprintf(stderr, "%s: %s\n", done.error().reason.c_str(), done.error().detail.c_str());
    return 1;
  }
  std::printf("%llu\n", static_cast<unsigned long long>(*done));
  return 0;
}
