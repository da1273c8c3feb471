#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

#include "ledger/commands.pb.h"
#include "ledger/types/bytes.hpp"
#include "ledger/types/crypto.hpp"

/// What the killing parent and the child that it kills tell each other.
namespace settled::tests {

/// Where the child is, in memory that both share: the kernel keeps what the child last wrote.
struct Phases {
  std::atomic<std::uint32_t> recovering;  ///< opening its store and its book
  std::atomic<std::uint32_t> committing;  ///< from taking a group of commands to its last answer
  std::atomic<std::uint32_t> compacting;  ///< tables under way, but for those of a recovery
  std::atomic<std::uint32_t> checked;     ///< everything that was acknowledged before was found
  std::atomic<std::uint32_t> idle;        ///< done with its commands
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

/// One acknowledged command, as the child writes it into the pipe: shorter than PIPE_BUF, so that
/// those of several threads do not mix and none is cut by a kill.
struct Ack {
  std::uint64_t number = 0;    ///< of the command, unique in one directory; its idempotency key
  std::uint64_t sequence = 0;  ///< its log record; 0: refused, and the refusal recorded
  std::uint8_t answer[32]{};   ///< SHA-256 of the reply's bytes or of the refusal's reason
};

/// The shared memory behind `file`, which must be as long as Phases.
inline Phases* map_phases(const char* file) {
  const int descriptor = ::open(file, O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  void* at = ::mmap(nullptr, sizeof(Phases), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  return at == MAP_FAILED ? nullptr : static_cast<Phases*>(at);
}

inline ledger::pb::IdempotencyKey key_of(std::uint64_t number) {
  const Hash256 hash = sha256(as_bytes("command " + std::to_string(number)));
  ledger::pb::IdempotencyKey key;
  key.set_scope(hash.raw().substr(0, 16));
  key.set_key_sha256(hash.raw());
  key.set_fingerprint(hash.raw());
  return key;
}

inline void set_answer(Ack& ack, std::string_view answer) {
  std::memcpy(ack.answer, sha256(as_bytes(answer)).bytes.data(), sizeof ack.answer);
}
inline bool has_answer(const Ack& ack, std::string_view answer) {
  Ack other;
  set_answer(other, answer);
  return std::memcmp(ack.answer, other.answer, sizeof ack.answer) == 0;
}

}  // namespace settled::tests
