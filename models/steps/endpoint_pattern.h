#pragma once

#include <string>
#include <string_view>

namespace highwater::steps {

/// What an endpoint answers to: "GET /users/{id}". `{name}` stands for any one non-empty segment of
/// the path, a `*` at the end for any rest, the empty one too. The first pattern that matches wins.
class EndpointPattern {
 public:
  explicit EndpointPattern(std::string_view pattern) : pattern_(pattern) {}

  /// O(length). A request that names the pattern itself ("GET /users/{id}") matches too.
  bool matches(std::string_view name) const {
    std::string_view pattern = pattern_;
    while (!pattern.empty()) {
      if (pattern == "*") return true;
      if (pattern.front() == '{') {
        const std::size_t close = pattern.find('}');
        if (close != std::string_view::npos) {
          const std::size_t segment = name.substr(0, name.find('/')).size();
          if (segment == 0) return false;
          pattern.remove_prefix(close + 1);
          name.remove_prefix(segment);
          continue;
        }
      }
      if (name.empty() || name.front() != pattern.front()) return false;
      pattern.remove_prefix(1);
      name.remove_prefix(1);
    }
    return name.empty();
  }

  const std::string& text() const { return pattern_; }

 private:
  std::string pattern_;
};

}  // namespace highwater::steps
