// Prints the sample language's JSON Schema, for schema_test.py.
#include <iostream>

#include "engine/scenario/schema.h"
#include "tests/scenario/sample_language.h"

int main() {
  std::cout << highwater::write_json(highwater::json_schema(sample_language())) << "\n";
}
