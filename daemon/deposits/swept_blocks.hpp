#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chains/evm/address.hpp"
#include "chains/later_sweep.hpp"
#include "chains/settings.hpp"
#include "chains/transfers.hpp"
#include "ledger/store/store.hpp"

namespace settled::daemon::deposits {

/// Up to which block one chain's later sweep has come, across restarts, and what the books should
/// hold of the blocks that were read before one. An operational row of the store:
///
///     'O' "deposits\0swept\0" chain:rest -> number:u64, then of each token ('t') and signer ('s')
///                                           that is followed: kind:byte address:20 since:u64
///
/// `since`: blocks above it are read with that address in mind; what earlier ones hold of it is not
/// missing in the books. On the io_context's thread.
class SweptBlocks {
 public:
  using Log = std::function<void(std::string_view)>;
  /// `signers`: our addresses on this chain beside the deposit addresses. The references outlive
  /// this; the log is told of a row that is of no use, of blocks that are skipped and of a failed
  /// write, which leaves the store poisoned.
  SweptBlocks(ledger::store::Store& store, const chains::ChainSettings& settings,
              const std::vector<chains::evm::Address>& signers, Log log);
  SweptBlocks(const SweptBlocks&) = delete;
  SweptBlocks& operator=(const SweptBlocks&) = delete;

  /// This in the words of the sweep; it outlives those.
  chains::LaterSweep::Books books();

  /// Up to which block the chain was swept by an earlier process, `head` where there is no row of
  /// use; never more than LaterSweep::kMostBlocks below it. Notes what is followed from now on.
  /// Unavailable: the store cannot be read now; the row stays as it is, to be asked for again.
  Result<std::uint64_t> begin(std::uint64_t head);
  /// Notes that all up to the block was swept. Not synced: a smaller number means sweeping again.
  bool reached(std::uint64_t number);
  /// False: the books should hold the transfer, and do not. REQUIRES: `begin` has told; the
  /// transfer is one of a final block that the books have. Errors: those of the store, Corrupt
  /// `corrupt_record`.
  Result<bool> have(std::uint64_t number, const chains::SeenTransfer& transfer) const;

  static std::string row_of(std::string_view chain);

 private:
  using Since = std::map<std::string, std::uint64_t>;  // by kind and address
  struct Row {
    std::uint64_t number = 0;
    Since since = {};
  };
  Result<std::optional<Row>> read(std::uint64_t head) const;
  bool write() const;
  bool followed(char kind, const chains::evm::Address& address, std::uint64_t number) const;
  Result<bool> is_deposit_address(const chains::evm::Address& address) const;

  ledger::store::Store& store_;
  const chains::ChainSettings& settings_;
  std::vector<std::string> followed_;
  const Log log_;
  Row row_;
};

}  // namespace settled::daemon::deposits
