#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace settled::config {

/// A temporary folder with a settings file and the small files that it names.
class SettingsFolder {
 public:
  SettingsFolder();
  ~SettingsFolder();
  SettingsFolder(const SettingsFolder&) = delete;
  SettingsFolder& operator=(const SettingsFolder&) = delete;

  void write(const std::string& name, std::string_view content) const;
  std::filesystem::path path(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& root() const { return path_; }
  std::filesystem::path settings() const { return path("settled.toml"); }

 private:
  std::filesystem::path path_;
};

/// A sound settings file whose lines the tests count on.
std::string good_settings();
/// The same with one line exchanged: `number` from 1. An empty text deletes the line.
std::string with_line(int number, std::string_view text);
/// The same with text added at its end.
std::string with_more(std::string_view text);

/// Loads `text` and returns what was found wrong, each line without the path in front of it.
std::string problems_of(const SettingsFolder& folder, const std::string& text);

}  // namespace settled::config
