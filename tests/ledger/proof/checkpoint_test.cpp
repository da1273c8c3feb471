#include "ledger/proof/checkpoint.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace {

using namespace settled;
using proof::Checkpoint;
using proof::SigningKey;

const std::string kOrigin = "PeterNeumann";

SigningKey known_key() {
  return *SigningKey::parse(
      "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz");
}

Checkpoint example() {
  return {42, sha256(as_bytes("root")), sha256(as_bytes("hash")), sha256(as_bytes("state")),
          *parse_rfc3339("2026-11-21T01:37:52.123Z")};
}

}  // namespace

TEST_CASE("a checkpoint's text is that of C2SP tlog-checkpoint") {
  CHECK(example().text("example.com/book") ==
        "example.com/book\n42\nSBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=\n"
        "hash 0EuY9I6Pi8wVxq5awFCAHNbc/UKPtfnmXE4W54BzQPo=\n"
        "state S6aXNcpTdl7WpwnttWxuoja3GTo7KaazkMNG8PQ0Dk4=\n"
        "time 2026-11-21T01:37:52.123Z\n");
}

TEST_CASE("what is printed is read back") {
  Checkpoint each = example();
  each.sequence = GENERATE(std::uint64_t{1}, std::uint64_t{1'000'000}, ~std::uint64_t{0});
  each.state = GENERATE(Hash256{}, sha256(as_bytes("state")));
  const auto read = Checkpoint::parse(each.text(kOrigin), kOrigin);
  REQUIRE(read);
  CHECK(*read == each);
}

TEST_CASE("a changed byte is refused, or it is another checkpoint, printed so") {
  const std::string text = example().text(kOrigin);
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string wrong = text;
      wrong[at] = static_cast<char>(static_cast<unsigned char>(wrong[at]) ^ (1U << bit));
      const auto read = Checkpoint::parse(wrong, kOrigin);
      if (read) {
        REQUIRE(read->text(kOrigin) == wrong);
        REQUIRE(*read != example());
      } else {
        REQUIRE(read.error().reason == "invalid_checkpoint");
      }
    }
  }
}

TEST_CASE("only what a checkpoint is printed as is one") {
  const std::string good = example().text(kOrigin);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string out = good;
    out.replace(out.find(from), from.size(), to);
    return out;
  };
  for (const std::string& wrong :
       {std::string(), good + "\n", good + "more\n", good.substr(0, good.size() - 1),
        with("\n42\n", "\n042\n"), with("\n42\n", "\n0\n"), with("\n42\n", "\n-1\n"),
        with("\n42\n", "\n18446744073709551616\n"), with("\n42\n", "\n42 \n"),
        with("hash ", "hash  "), with("state ", "hash "), with(".123Z", "Z"),
        with(".123Z", ".123+00:00"), with("2026-11-21", "2026-13-21")}) {
    INFO(wrong);
    CHECK_FALSE(Checkpoint::parse(wrong, kOrigin));
  }
  CHECK_FALSE(Checkpoint::parse(good, "another"));
}

TEST_CASE("a signed checkpoint is opened by its key and by no other") {
  const SigningKey key = known_key();
  const std::string note = example().sign(key);
  const auto opened = Checkpoint::open(note, key.verifier());
  REQUIRE(opened);
  CHECK(*opened == example());

  SystemRandom random;
  const SigningKey same_name = SigningKey::generate(kOrigin, random);
  CHECK(Checkpoint::open(note, same_name.verifier()).error().reason == "unknown_key");
  CHECK(Checkpoint::open("junk", key.verifier()).error().reason == "invalid_note");

  Checkpoint later = example();
  ++later.sequence;
  const std::string forged = later.text(kOrigin) + note.substr(example().text(kOrigin).size());
  CHECK(Checkpoint::open(forged, key.verifier()).error().reason == "bad_signature");
  const std::string no_checkpoint = proof::sign_note("something else\n", key);
  CHECK(Checkpoint::open(no_checkpoint, key.verifier()).error().reason == "invalid_checkpoint");
  const std::string foreign = proof::sign_note(example().text("another"), key);
  CHECK(Checkpoint::open(foreign, key.verifier()).error().reason == "invalid_checkpoint");
}
