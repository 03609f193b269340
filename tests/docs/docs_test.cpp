// The documentation: pages of kinds are what the program prints, and links lead somewhere.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/experiment/prepare.h"
#include "engine/scenario/reference.h"
#include "models/catalog.h"

namespace highwater {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = HIGHWATER_SOURCE_DIR;
const fs::path kKinds = kSource / "docs/kinds";

std::string read(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Every Markdown file below `folder`.
std::vector<fs::path> pages(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  return found;
}

TEST_CASE("docs: each kind and fault has the page that the program prints") {
  const Catalog catalog{model_kinds(), fault_kinds(), section_kinds()};
  const Language language = language_of(catalog);
  const bool update = std::getenv("HIGHWATER_UPDATE_RESULTS") != nullptr;
  std::set<std::string> known;
  for (const auto* list : {&language.kinds, &language.faults})
    for (const KindInfo& kind : *list) {
      const fs::path file = kKinds / (kind.name + ".md");
      known.insert(file.filename());
      const std::string page = kind_reference(kind);
      if (update) std::ofstream(file) << page;
      INFO(file << ": written anew with HIGHWATER_UPDATE_RESULTS=1");
      CHECK(read(file) == page);
    }
  for (const auto& entry : fs::directory_iterator(kKinds)) {
    INFO(entry.path() << " belongs to nothing");
    CHECK(known.count(entry.path().filename()) == 1);
  }
}

TEST_CASE("docs: every link to a file leads to one") {
  static const std::regex kLink(R"(\]\(([^)#:\s]+)(#[^)]*)?\))");
  std::vector<fs::path> all = pages(kSource / "docs");
  for (const char* page : {"README.md", "CONTRIBUTING.md", "scenarios/README.md"})
    all.push_back(kSource / page);
  std::size_t links = 0;
  for (const fs::path& page : all) {
    const std::string text = read(page);
    for (std::sregex_iterator link(text.begin(), text.end(), kLink), end; link != end; ++link) {
      INFO(page << " has a link to " << (*link)[1]);
      CHECK(fs::exists(page.parent_path() / (*link)[1].str()));
      ++links;
    }
  }
  CHECK(links > 100);
}

TEST_CASE("docs: a topic says what is modelled, what is not, and what matters") {
  const std::string index = read(kSource / "docs/README.md");
  std::size_t topics = 0;
  for (const fs::path& page : pages(kSource / "docs/topics")) {
    INFO(page);
    ++topics;
    CHECK(index.find("topics/" + page.filename().string()) != std::string::npos);
    if (page.stem() == "numbers") continue;
    const std::string text = read(page);
    CHECK(text.find("\n## What is modelled\n") != std::string::npos);
    CHECK(text.find("\n## What is not\n") != std::string::npos);
  }
  CHECK(topics >= 9);
}

}  // namespace
}  // namespace highwater
