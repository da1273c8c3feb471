#pragma once

#include <string_view>

/// The decoders of what the book stores, as a replay, a verification and the reports use them. Each
/// takes any bytes; none may crash, hang, or fail with an error without a name. The libFuzzer
/// programs call them, and tests/crash replays the corpus and mutations of it.
namespace settled::tests {

/// Envelopes (each: u32 length, big-endian, and so many bytes) applied to an empty state one after
/// the other and sealed, as a replay does; the bytes as a whole as one log record of either format.
void decode_log(std::string_view bytes);

/// Rows (each: u8 length and key, u32 length and value) in a store of their own; read through every
/// report and through `verify`, and opened as a book.
void decode_rows(std::string_view bytes);

/// The engine's manifest and logs (each: u32 length and so many bytes), as what looks for holes
/// reads them before the engine does.
void decode_engine_files(std::string_view bytes);

}  // namespace settled::tests
