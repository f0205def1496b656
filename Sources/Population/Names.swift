/// What people are called.
enum Names {
    static let first = [
        "Ada", "Amir", "Anna", "Ben", "Carla", "Chen", "Daniel", "Elif", "Emma", "Fatima", "Felix", "Grace", "Hana",
        "Ines", "Ivan", "Jonas", "Kofi", "Lea", "Liam", "Lucia", "Mara", "Mateo", "Mei", "Mila", "Nadia", "Noah",
        "Olga", "Omar", "Paul", "Priya", "Rosa", "Sam", "Sara", "Tariq", "Theo", "Uma", "Vera", "Yuki", "Zoe",
    ]
    static let last = [
        "Abe", "Becker", "Bianchi", "Brown", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Haddad", "Hansen",
        "Ito", "Jones", "Kaya", "Khan", "Kim", "Kowalski", "Larsen", "Lopez", "Martin", "Meyer", "Moreau", "Novak",
        "Okafor", "Olsen", "Patel", "Petrov", "Rossi", "Santos", "Schmidt", "Silva", "Smith", "Tanaka", "Wang",
        "Weber", "Yilmaz",
    ]
}
