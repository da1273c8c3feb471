#include "chains/evm/rlp.hpp"

#include <boost/multiprecision/cpp_int.hpp>
#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"
#include "tests/chains/evm/vectors.hpp"

using namespace settled;
using namespace settled::chains::evm;
using nlohmann::json;

namespace {

/// ethereum/tests: text is a string, a number an integer, "#" starts a large decimal one.
void write_ethereum(RlpWriter& writer, const json& value) {
  if (value.is_array()) {
    writer.begin_list();
    for (const json& item : value) write_ethereum(writer, item);
    writer.end_list();
  } else if (value.is_number()) {
    writer.integer(value.get<std::uint64_t>());
  } else if (const auto text = tests::text(value); text.starts_with('#')) {
    const boost::multiprecision::cpp_int number(text.substr(1));
    Bytes bytes;
    boost::multiprecision::export_bits(number, std::back_inserter(bytes), 8);
    writer.bytes(bytes);
  } else {
    writer.bytes(as_bytes(text));
  }
}

/// ethers.js: every string is hex.
void write_ethers(RlpWriter& writer, const json& value) {
  if (!value.is_array()) return writer.bytes(tests::unhex(value));
  writer.begin_list();
  for (const json& item : value) write_ethers(writer, item);
  writer.end_list();
}

void rewrite(RlpWriter& writer, RlpReader items) {
  while (!items.done()) {
    const auto item = items.next();
    REQUIRE(item.has_value());
    if (!item->is_list) {
      writer.bytes(item->payload);
      continue;
    }
    writer.begin_list();
    rewrite(writer, RlpReader(item->payload));
    writer.end_list();
  }
}

Bytes rewritten(BytesView encoded) {
  RlpWriter writer;
  rewrite(writer, RlpReader(encoded));
  return writer.take();
}

std::string checked(std::string_view digits) {
  const auto status = check_rlp(tests::unhex(digits));
  return status ? "canonical" : status.error().reason;
}

}  // namespace

TEST_CASE("the examples of the specification are written and read") {
  // Ethereum Wiki, "RLP": [ [], [[]], [ [], [[]] ] ] and [ "cat", "dog" ].
  RlpWriter writer;
  writer.begin_list();
  writer.bytes(as_bytes("cat"));
  writer.bytes(as_bytes("dog"));
  writer.end_list();
  CHECK(to_hex(writer.take()) == "c88363617483646f67");
  writer.integer(0);
  writer.integer(15);
  writer.integer(1024);
  CHECK(to_hex(writer.take()) == "800f820400");
  CHECK(checked("c7c0c1c0c3c0c1c0") == "canonical");
}

TEST_CASE("a second encoding of the same value is refused") {
  for (const char* digits : {
           "",  // nothing
           "8100",
           "817f",  // one byte below 0x80 needs no length
           "b80100",
           "f80100",  // a short length in the long form
           "b90001aa",
           "f900",  // leading zeros of a length, a cut-off one
           "83aabb",
           "c3aabb",  // longer than what is there
           "c0c0",
           "0000",
           "8080",    // a second item
           "c281",    // cut off inside a list
           "c28100",  // not canonical inside a list
           "bfffffffffffffffff",
           "ffffffffffffffffff",
       }) {
    CAPTURE(digits);
    CHECK(checked(digits) == "invalid_rlp");
  }
  CHECK(checked("b838" + std::string(112, 'a')) == "canonical");
  CHECK(checked("b837" + std::string(110, 'a')) == "invalid_rlp");
}

TEST_CASE("integers have no leading zeros and fit what they are read into") {
  const auto read64 = [](std::string_view digits) {
    const Bytes bytes = tests::unhex(digits);
    const auto value = RlpReader(bytes).integer64();
    return value ? std::to_string(*value) : value.error().reason;
  };
  CHECK(read64("80") == "0");
  CHECK(read64("7f") == "127");
  CHECK(read64("88ffffffffffffffff") == "18446744073709551615");
  CHECK(read64("89010000000000000000") == "invalid_rlp");
  CHECK(read64("00") == "invalid_rlp");
  CHECK(read64("820001") == "invalid_rlp");
  CHECK(read64("c0") == "invalid_rlp");
  CHECK(read64("") == "invalid_rlp");
  const Bytes word = tests::unhex("a0" + std::string(64, 'f'));
  CHECK(*RlpReader(word).integer256() == std::numeric_limits<U256>::max());
  const Bytes longer = tests::unhex("a101" + std::string(64, '0'));
  CHECK(RlpReader(longer).integer256().error().reason == "invalid_rlp");
}

TEST_CASE("items of the wrong kind or size are refused") {
  const Bytes list = tests::unhex("c20102");
  CHECK(RlpReader(list).bytes().error().reason == "invalid_rlp");
  CHECK(RlpReader(list).bytes(2).error().reason == "invalid_rlp");
  CHECK(RlpReader(list).finish().error().reason == "invalid_rlp");
  const Bytes string = tests::unhex("820102");
  CHECK(RlpReader(string).list().error().reason == "invalid_rlp");
  CHECK(RlpReader(string).bytes(3).error().reason == "invalid_rlp");
  CHECK(RlpReader(string).bytes(2).has_value());
}

TEST_CASE("nesting has a limit, and depth costs no stack") {
  const auto nested = [](std::size_t depth) {
    RlpWriter writer;
    for (std::size_t i = 0; i < depth; ++i) writer.begin_list();
    for (std::size_t i = 0; i < depth; ++i) writer.end_list();
    return writer.take();
  };
  CHECK(check_rlp(nested(kMaxRlpDepth)).has_value());
  CHECK(check_rlp(nested(kMaxRlpDepth + 1)).error().reason == "invalid_rlp");
  CHECK(check_rlp(nested(20'000)).error().reason == "invalid_rlp");
}

TEST_CASE("lists and strings of every length around the change of form survive") {
  for (const std::size_t size : {0U, 1U, 54U, 55U, 56U, 255U, 256U, 65'535U, 65'536U}) {
    CAPTURE(size);
    RlpWriter writer;
    writer.begin_list();
    writer.bytes(Bytes(size, 0x80));
    writer.end_list();
    const Bytes encoded = writer.take();
    REQUIRE(check_rlp(encoded).has_value());
    CHECK(RlpReader(encoded).list()->bytes(size).has_value());
  }
}

TEST_CASE("RLP of ethereum/tests is written as given and read back") {
  for (const auto& file : tests::vector_files("ethereum-tests/RLPTests")) {
    for (const auto& [name, vector] : tests::load_json(file).items()) {
      CAPTURE(file.filename().string(), name);
      const Bytes encoded = tests::unhex(vector["out"]);
      if (vector["in"] == "INVALID") {
        CHECK(check_rlp(encoded).error().reason == "invalid_rlp");
        continue;
      }
      REQUIRE(check_rlp(encoded).has_value());
      CHECK(rewritten(encoded) == encoded);
      if (vector["in"] == "VALID") continue;
      RlpWriter writer;
      write_ethereum(writer, vector["in"]);
      CHECK(writer.take() == encoded);
    }
  }
}

TEST_CASE("RLP of ethers.js is written as given and read back") {
  const auto vectors = tests::load_vectors("ethers.js/rlp.json");
  if (!vectors) return;
  for (const json& vector : *vectors) {
    CAPTURE(vector["name"]);
    const Bytes encoded = tests::unhex(vector["encoded"]);
    CHECK(check_rlp(encoded).has_value());
    CHECK(rewritten(encoded) == encoded);
    RlpWriter writer;
    write_ethers(writer, vector["decoded"]);
    CHECK(writer.take() == encoded);
  }
}
