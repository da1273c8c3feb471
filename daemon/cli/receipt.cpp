#include "daemon/receipt/receipt.hpp"

#include <fstream>
#include <iterator>

#include "daemon/cli/print.hpp"
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

}  // namespace

int verify_receipt(const ReceiptOptions& options) {
  std::optional<proof::VerifierKey> trusted;
  if (!options.key.empty()) {
    const auto key = proof::VerifierKey::parse(options.key);
    if (!key) {
      report(key.error());
      return kUsage;
    }
    trusted = *key;
  }
  const auto text = read_receipt(options.file);
  if (!text) {
    report(text.error());
    return kUsage;
  }
  const auto receipt = receipt::parse(*text);
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

}  // namespace settled::daemon::cli
