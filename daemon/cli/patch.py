def sub(p,*pairs):
    s=open(p).read()
    for a,b in pairs:
        assert a in s,(p,a)
        s=s.replace(a,b,1)
    open(p,'w').write(s)
sub('ledger/restore.hpp',('''  const Manifest& manifest() const { return manifest_; }
''','''  const Manifest& manifest() const { return manifest_; }
  /// Where the books are until they are swapped in; closed.
  std::filesystem::path built() const { return part_->path(); }
'''))
s=open('daemon/cli/care.cpp').read()
a=s.index('/// What was acknowledged once'); b=s.index('/// Those up to the backup')
s=s[:a]+'''process::Key key_of(const config::Settings& settings) {
  return [&settings] {
    return process::checkpoint_key(settings.ledger.checkpoint_key_file,
                                   process::book_name(settings.daemon.public_url));
  };
}

'''+s[b:]
a=s.index('/// Nothing was acknowledged after'); b=s.index('Status tell_held_payouts')
s=s[:a]+s[b:]
s=s.replace('''  TRY(const Known known, known_of(settings));
  TRY(const Manifest manifest, ledger::read_manifest(from));
  TRY_OK(ledger::allow_loss(manifest, known.last, accepted));
  ledger::RestoreSource source{from, data_dir, up_to(known.checkpoints, manifest.sequence)};
  const bool hold = !is_newest(manifest, known);
''','''  const auto& witness_dir = settings.ledger.checkpoint_dir;
  const process::Key key = key_of(settings);
  TRY(const process::Outside known, process::look_outside(witness_dir, key));
  TRY(const Manifest manifest, ledger::read_manifest(from));
  TRY_OK(ledger::allow_loss(manifest, known.last(), accepted));
  ledger::RestoreSource source{
      from, data_dir, up_to(process::checkpoints_of(known.notes), manifest.sequence)};
  // Nothing was acknowledged after the newest backup: no payout of it can have been paid since.
  const bool hold = !known.ends_with(manifest);
''')
s=s.replace('''  TRY_OK(restore.swap());
''','''  {
    TRY(const auto books, ledger::store::open_leveldb(restore.built(), {}));
    TRY_OK(process::take_over(witness_dir, known, *books, manifest, key));
  }
  TRY_OK(restore.swap());
''')
s=s.replace('known.last > manifest.sequence','known.last() > manifest.sequence').replace('std::to_string(known.last));','std::to_string(known.last()));')
s=s.replace('''  TRY(Known known, known_of(settings));
''','''  TRY(const process::Outside known,
      process::look_outside(settings.ledger.checkpoint_dir, key_of(settings)));
''').replace('source.checkpoints = std::move(known.checkpoints);','source.checkpoints = process::checkpoints_of(known.notes);').replace('source.acknowledged = known.last;','source.acknowledged = known.last();')
s=s.replace('''#include "daemon/webhooks/outbox.hpp"
''','''#include "daemon/process/checkpoint_key.hpp"
#include "daemon/process/outside.hpp"
#include "daemon/webhooks/outbox.hpp"
''')
open('daemon/cli/care.cpp','w').write(s)
sub('daemon/process/CMakeLists.txt',('long_work.cpp','long_work.cpp outside.cpp'))
sub('daemon/process/admin.hpp',('''/// Nothing where it is no such request. `data_dir`: where a verify may replay; `clock` must outlive
/// the work. Error: Invalid `invalid_request`.
Result<std::optional<BookWork>> interpret_work(const nlohmann::json& request,
                                               const std::filesystem::path& data_dir,
                                               const Clock& clock);
''','''/// Where such work is done.
struct WorkPlace {
  std::filesystem::path data_dir;        ///< where a verify may replay
  std::filesystem::path checkpoint_dir;  ///< only read
  Key key;                               ///< who signs checkpoints
};

/// Nothing where it is no such request. To be called before the snapshot is taken: what the
/// checkpoint directory knows now, the snapshot must have. `clock` must outlive the work. Errors:
/// Invalid `invalid_request`; those of `notes_outside`.
Result<std::optional<BookWork>> interpret_work(const nlohmann::json& request,
                                               const WorkPlace& place, const Clock& clock);
'''),('''#include "ledger/commands.pb.h"
''','''#include "daemon/process/outside.hpp"
#include "ledger/commands.pb.h"
'''))
sub('daemon/process/admin.cpp',('''                                               const std::filesystem::path& data_dir,
                                               const Clock& clock) {
  const auto text''','''                                               const WorkPlace& place, const Clock& clock) {
  const auto text'''),('''    return [data_dir](const ledger::store::Reader& snapshot, const ledger::Watch& watch) {
      return verify_books(snapshot, data_dir, watch);
    };''','''    TRY(const Notes outside, notes_outside(place.checkpoint_dir, place.key));
    return [place, outside](const ledger::store::Reader& snapshot, const ledger::Watch& watch) {
      return verify_books(snapshot, place, outside, watch);
    };'''),('''Result<Json> verify_books(const ledger::store::Reader& snapshot,
                          const std::filesystem::path& data_dir, const ledger::Watch& watch) {
  TRY(const auto scratch, ledger::store::ScratchStore::create(data_dir / "verify.tmp"));
  ledger::VerifyOptions options;
''','''Result<Json> verify_books(const ledger::store::Reader& snapshot, const WorkPlace& place,
                          Notes notes, const ledger::Watch& watch) {
  TRY(const auto scratch, ledger::store::ScratchStore::create(place.data_dir / "verify.tmp"));
  TRY(Notes inside, notes_inside(snapshot, place.key));
  for (const auto& [sequence, proven] : inside) {
    const auto outside = notes.find(sequence);
    if (outside != notes.end() && outside->second.note != proven.note) {
      return fail(Errc::Corrupt, "checkpoint_contradicts",
                  "checkpoint " + std::to_string(sequence) +
                      " is another in the store than in the checkpoint directory");
    }
  }
  notes.merge(inside);
  ledger::VerifyOptions options;
  options.checkpoints = checkpoints_of(notes);
'''))
sub('daemon/process/process.cpp',('''  CO_TRY(auto work, interpret_work(request, settings_.daemon.data_dir, clock_));
''','''  const WorkPlace place{
      settings_.daemon.data_dir, settings_.ledger.checkpoint_dir,
      [this]() -> Result<proof::VerifierKey> {
        return checkpoint_key(settings_.ledger.checkpoint_key_file,
                              book_name(settings_.daemon.public_url));
      }};
  CO_TRY(auto work, interpret_work(request, place, clock_));
'''))
sub('daemon/cli/books.cpp',('''  TRY(const auto work, process::interpret_work(request, data_dir, clock));
''','''  const process::WorkPlace place{
      data_dir, settings.ledger.checkpoint_dir, [&settings]() -> Result<proof::VerifierKey> {
        return process::checkpoint_key(settings.ledger.checkpoint_key_file,
                                       process::book_name(settings.daemon.public_url));
      }};
  TRY(const auto work, process::interpret_work(request, place, clock));
'''),('''#include "daemon/process/admin.hpp"
''','''#include "daemon/process/admin.hpp"
#include "daemon/process/checkpoint_key.hpp"
'''))
sub('tests/daemon/process/admin_test.cpp',('''  TRY(const auto work, interpret_work(request, directory.path(), books.clock()));
''','''  const WorkPlace place{directory.path(), directory.path() / "checkpoints",
                        []() -> Result<proof::VerifierKey> {
                          return fail(Errc::Unavailable, "no_key", "there is nothing to sign");
                        }};
  TRY(const auto work, interpret_work(request, place, books.clock()));
'''))
