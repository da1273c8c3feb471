#include <cstdint>
#include <string_view>

#include "ledger/proof/checkpoint.hpp"
#include "ledger/witness.hpp"

// Notes, checkpoints, keys and the second directory's file: refused with a reason, or printed again
// as they came.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace settled;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto note = proof::Note::parse(text)) {
    INVARIANT(note->bytes() == text);
  } else {
    INVARIANT(note.error().code == Errc::Invalid && note.error().reason == "invalid_note");
  }
  const std::string_view origin = text.substr(0, text.find('\n'));
  if (const auto checkpoint = proof::Checkpoint::parse(text, origin)) {
    INVARIANT(checkpoint->text(origin) == text);
  } else {
    INVARIANT(checkpoint.error().reason == "invalid_checkpoint");
  }
  if (const auto key = proof::VerifierKey::parse(text)) INVARIANT(key->text() == text);
  if (const auto key = proof::SigningKey::parse(text)) INVARIANT(key->secret_text() == text);
  const ledger::NoteList list = ledger::split_notes(text);
  std::string joined;
  for (const std::string& note : list.notes) joined += note;
  INVARIANT(joined == text.substr(0, list.whole));
  return 0;
}
