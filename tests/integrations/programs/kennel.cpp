// An extension module made with nanobind.

#include <nanobind/nanobind.h>

namespace nb = nanobind;

struct Dog {
    int age;
};

NB_MODULE(kennel, module)
{
    nb::class_<Dog>(module, "Dog").def(nb::init<int>()).def_rw("age", &Dog::age);
    module.def("age", [](const Dog &dog) { return dog.age; });
}
