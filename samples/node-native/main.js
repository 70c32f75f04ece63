// Two native modules: one stores a password, the other asks a database that does not answer.
const { hashSync, verifySync } = require("@node-rs/argon2");
console.log("the password is right:", verifySync(hashSync("secret"), "secret"));

const PQ = require("libpq");
const database = new PQ();
database.connect("host=127.0.0.1 port=1", (error) => {
  console.log("the database:", /refused/.exec(error.message)?.[0] ?? error.message);
});
