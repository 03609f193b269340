#include "viewer/session/saved_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/experiment/costs.h"
#include "engine/report/json_writer.h"
#include "engine/scenario/source_file.h"

namespace highwater::viewer {
namespace {

namespace fs = std::filesystem;

/// What a folder may hold that can be opened, in the order of preference.
constexpr std::array<const char*, 4> kDocuments = {"results.json", "chaos.json", "search.json",
                                                   "metastable.json"};
/// Folders within folders below results/: <scenario>/<run>, and a --out deeper by a few.
constexpr int kDeepestResults = 4;
constexpr std::size_t kMostEntries = 20'000;

std::optional<std::string> document_in(const fs::path& folder) {
  std::error_code ignored;
  for (const char* name : kDocuments)
    if (fs::is_regular_file(folder / name, ignored)) return (folder / name).string();
  return std::nullopt;
}

/// The name of the form that a document says it has; empty where it says none.
std::string schema_of(const Value& root) {
  const Value* const schema = root.find("schema");
  return schema != nullptr && schema->is_string() ? schema->text() : "";
}

bool is_ours(const Value& root) {
  return schema_of(root).starts_with("highwater/");
}

class Opener {
 public:
  Opener(const FindKind& find, Problems& problems) : find_(find), problems_(problems) {}

  Opened open(const std::string& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
      const auto document = document_in(path);
      if (document) return open(*document);
      say(problems_.add_source(path),
          "is a folder without results.json, chaos.json, search.json or metastable.json");
      return {};
    }
    const FileText read = read_file(path);
    if (!read.fault.empty()) return {true, {}};
    Problems of_text;
    const std::optional<Value> root = parse_json(read.text, of_text.add_source(path), of_text);
    if (!root || of_text.has_errors()) {
      if (!looks_ours(read.text)) return {true, {}};
      parse_json(read.text, problems_.add_source(path), problems_);  // its problems are to be shown
      return {};
    }
    const std::uint32_t source = problems_.add_source(path);
    return open(*parse_json(read.text, source, problems_), path, source);
  }

 private:
  /// Of a text that is not JSON: whether it was to be one of ours.
  static bool looks_ours(std::string_view text) {
    return text.substr(0, 400).find("\"schema\": \"highwater/") != std::string_view::npos;
  }

  void say(std::uint32_t source, std::string message) {
    problems_.error({source, 1, 1}, "", std::move(message));
  }

  Opened open(const Value& root, const std::string& path, std::uint32_t source) {
    if (root.is_array() && !root.elements().empty() &&
        std::all_of(root.elements().begin(), root.elements().end(), is_ours)) {
      Opened all;
      for (const Value& element : root.elements())
        for (SavedFile& file : read(element, path, source).saved)
          all.saved.push_back(std::move(file));
      return all;
    }
    if (is_ours(root)) return read(root, path, source);
    if (root.find("chaoslib-version") != nullptr)
      return beside(
          path, source, "chaos.json",
          "is the journal of an experiment; chaos.json, which has its numbers, is not beside it");
    if (root.find("method") != nullptr && root.find("title") != nullptr &&
        root.find("highwater") == nullptr) {
      say(source,
          "is an experiment: \"highwater chaos " + path + "\" plays it and writes what it finds");
      return {};
    }
    return {true, {}};
  }

  /// Another document in the same folder.
  Opened beside(const std::string& path, std::uint32_t source, const char* name,
                const char* otherwise) {
    const fs::path other = fs::path(path).parent_path() / name;
    std::error_code ignored;
    // Once: two files may point at each other.
    if (!std::exchange(beside_, true) && fs::is_regular_file(other, ignored))
      return open(other.string());
    say(source, otherwise);
    return {};
  }

  Opened read(const Value& root, const std::string& path, std::uint32_t source) {
    const std::string schema = schema_of(root);
    const std::string form = schema.substr(0, schema.rfind('/'));
    Opened opened;
    const auto keep = [&](auto content) {
      if (content) opened.saved.push_back({path, std::move(*content)});
    };
    if (form == "highwater/run") {
      auto results = read_run_document(root, find_, problems_);
      if (results) read_beside(path, *results);
      keep(std::move(results));
    } else if (form == "highwater/chaos") {
      keep(read_chaos_document(root, problems_));
    } else if (form == "highwater/chaos-search") {
      keep(read_search_document(root, problems_));
    } else if (form == "highwater/chaos-metastable") {
      keep(read_metastability_document(root, problems_));
    } else if (form == "highwater/manifest") {
      return beside(path, source, "results.json",
                    "says where a run came from; results.json, which has its numbers, is not "
                    "beside it");
    } else {
      say(source,
          "is a document of the form " + in_quotes(schema) + ", which cannot be shown here");
    }
    return opened;
  }

  /// Series make the charts; without them there are numbers only, which is no fault of the results.
  void read_beside(const std::string& path, Results& results) {
    const fs::path folder = fs::path(path).parent_path();
    std::error_code ignored;
    const auto text_of = [&](const char* name) -> std::optional<std::string> {
      if (!fs::is_regular_file(folder / name, ignored)) return std::nullopt;
      FileText read = read_file((folder / name).string());
      if (read.fault.empty()) return std::move(read.text);
      say(problems_.add_source((folder / name).string()), read.fault);
      return std::nullopt;
    };
    if (const auto series = text_of("series.csv"))
      read_series_csv(*series, (folder / "series.csv").string(), find_, results, problems_);
    if (results.series.times_s.empty()) return;
    if (const auto intervals = text_of("intervals.csv"))
      read_intervals_csv(*intervals, (folder / "intervals.csv").string(), results, problems_);
  }

  const FindKind& find_;
  Problems& problems_;
  bool beside_ = false;
};

}  // namespace

const std::string& SavedFile::name() const {
  return std::visit(
      [](const auto& of) -> const std::string& {
        if constexpr (requires { of.title; })
          return of.title;
        else
          return of.scenario;
      },
      content);
}

Opened open_saved(const std::string& path, const FindKind& find, Problems& problems) {
  return Opener(find, problems).open(path);
}

FindKind kinds_of(const Catalog& catalog) {
  return [&catalog](std::string_view name) -> const KindInfo* {
    static const KindInfo cost = cost_kind();
    if (name == cost.name) return &cost;
    for (const ModelKind& kind : catalog.kinds)
      if (kind.info.name == name) return &kind.info;
    return nullptr;
  };
}

std::vector<ResultsFolder> results_below(const std::string& root, std::size_t most) {
  std::vector<std::pair<fs::file_time_type, ResultsFolder>> found;
  std::error_code error;
  fs::recursive_directory_iterator entries(root, fs::directory_options::skip_permission_denied,
                                           error);
  std::size_t seen = 0;
  for (const fs::recursive_directory_iterator end; !error && entries != end && seen < kMostEntries;
       entries.increment(error), ++seen) {
    std::error_code ignored;
    // Links lead to folders that are found anyway.
    if (entries->is_symlink(ignored) || !entries->is_directory(ignored)) continue;
    // A hidden one is being written.
    const bool hidden = entries->path().filename().string().starts_with(".");
    if (hidden || entries.depth() + 1 >= kDeepestResults) entries.disable_recursion_pending();
    if (hidden) continue;
    const auto document = document_in(entries->path());
    if (!document) continue;
    found.push_back({fs::last_write_time(*document, ignored),
                     {*document, fs::relative(entries->path(), root, ignored).string()}});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second.title > b.second.title;
  });
  std::vector<ResultsFolder> newest;
  for (auto& [time, folder] : found)
    if (newest.size() < most) newest.push_back(std::move(folder));
  return newest;
}

}  // namespace highwater::viewer
