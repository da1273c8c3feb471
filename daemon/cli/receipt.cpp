#include "daemon/receipt/receipt.hpp"

#include <fstream>
#include <iterator>

#include "chains/evm/address.hpp"
#include "chains/proof/transfer.hpp"
#include "daemon/cli/print.hpp"
#include "daemon/receipt/transfer_receipt.hpp"
#include "ledger/accounts.hpp"
#include "ledger/types/hex.hpp"
#include "ledger/types/time.hpp"

/// What a merchant runs, far from any daemon.
namespace settled::daemon::cli {
namespace {

Result<std::string> read_receipt(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(receipt::kLargestReceipt + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (!in && in.gcount() == 0)) {
    return fail(Errc::Unavailable, "cannot_read", "cannot read " + file.string());
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

int not_proven(const Error& error) {
  print("NOT PROVEN: " + error.detail);
  std::fprintf(stderr, "settled: %s: %s\n", error.reason.c_str(), error.detail.c_str());
  return kFailed;
}

std::string phase_text(const ledger::pb::Entry& entry) {
  switch (entry.phase()) {
    case ledger::pb::PENDING:
      return "held, to be posted or voided by a later entry";
    case ledger::pb::VOIDED:
      return "voided: the lines of the hold no longer count";
    default:
      return entry.hold().empty() ? "posted" : "posted: the hold has become final";
  }
}

Status tell_entry(const ledger::pb::Entry& entry) {
  print("entry        " + EntryId::from_raw(entry.id()).to_string() + ", " + entry.kind() +
        (entry.subject().empty() ? "" : " of " + entry.subject()));
  print("booked       " + to_rfc3339(from_ms(entry.created())) + ", " + phase_text(entry));
  for (const ledger::pb::Line& line : entry.lines()) {
    TRY(const Amount amount, ledger::amount_of(line.amount()));
    print(std::string("  ") + (line.credit() ? "credit " : "debit  ") + amount.to_string() + " " +
          line.currency() + "  " + line.account());
  }
  return {};
}

int verify_entry_receipt(const std::string& text, const std::string& key) {
  std::optional<proof::VerifierKey> trusted;
  if (!key.empty()) {
    const auto given = proof::VerifierKey::parse(key);
    if (!given) {
      report(given.error());
      return kUsage;
    }
    trusted = *given;
  }
  const auto receipt = receipt::parse(text);
  if (!receipt) return not_proven(receipt.error());
  if (trusted && *trusted != receipt->key) {
    return not_proven(
        {Errc::Rejected, "unknown_key",
         "the receipt is signed by " + receipt->key.text() + ", not by the key given"});
  }
  const auto proven = ledger::verify_entry(receipt->proof, receipt->key);
  if (!proven) return not_proven(proven.error());
  print("PROVEN: this entry is in the books");
  if (const Status told = tell_entry(proven->entry); !told) return not_proven(told.error());
  const proof::Checkpoint& checkpoint = proven->checkpoint;
  print("in the log   command " + std::to_string(receipt->proof.leaf.sequence) + " of " +
        std::to_string(checkpoint.sequence));
  print("signed       at " + to_rfc3339(checkpoint.time) + " over the root " +
        to_hex(checkpoint.root.view()));
  print("by the key   " + receipt->key.text());
  if (!trusted) {
    print(
        "             THE RECEIPT ITSELF NAMES THIS KEY. Compare it with the one that you have "
        "from the operator, or give that one with --key.");
  }
  return kOk;
}

/// Whether the block is the chain's is for the reader to find out: no file can prove that.
int verify_transfer_receipt(const std::string& text, const std::string& block_hash) {
  const auto receipt = receipt::parse_transfer(text);
  if (!receipt) return not_proven(receipt.error());
  const auto proven = chains::proof::verify_transfer_proof(receipt->proof);
  if (!proven) return not_proven(proven.error());
  const std::string block = to_0x(proven->block.view());
  if (!block_hash.empty() && block_hash != block) {
    return not_proven({Errc::Rejected, "another_block",
                       "the proof is of block " + block + ", not of the one given"});
  }
  print("PROVEN: this transfer is in the block");
  print("transfer     " + receipt->id.to_string());
  print("  of         " + proven->value.str() + " base units of the token " +
        chains::evm::to_checksum(proven->token));
  print("  from       " + chains::evm::to_checksum(proven->from));
  print("  to         " + chains::evm::to_checksum(proven->to));
  print("  in         transaction " + std::to_string(proven->tx_index) + " of the block, log " +
        std::to_string(proven->log_in_receipt) + " of the transaction, both counted from 0");
  print("block        " + std::to_string(proven->block_number) + " of " +
        to_rfc3339(proven->block_time) + ", " + block);
  if (block_hash.empty()) {
    print("             Compare this hash with what a source that you trust tells of chain " +
          std::to_string(receipt->chain_id) + " (" + receipt->chain +
          "), or give that one with --block-hash.");
  }
  return kOk;
}

}  // namespace

int verify_receipt(const ReceiptOptions& options) {
  const auto text = read_receipt(options.file);
  if (!text) {
    report(text.error());
    return kUsage;
  }
  const auto kind = receipt::kind_of(*text);
  if (!kind) return not_proven(kind.error());
  const bool of_transfer = *kind == "transfer_proof";
  const std::string& misplaced = of_transfer ? options.key : options.block_hash;
  if (!misplaced.empty()) {
    report({Errc::Invalid, "wrong_option",
            of_transfer ? "a transfer's proof has no signature: give --block-hash, not --key"
                        : "an entry's receipt names no block: give --key, not --block-hash"});
    return kUsage;
  }
  return of_transfer ? verify_transfer_receipt(*text, options.block_hash)
                     : verify_entry_receipt(*text, options.key);
}

}  // namespace settled::daemon::cli
