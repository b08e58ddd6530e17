// Classes: private members, static blocks, accessors, inheritance, new.target, Symbol.species.
class Account {
  #balance = 0; static count = 0; static #secret = 'hidden';
  static { Account.ready = true; }
  constructor(owner) { this.owner = owner; Account.count++; }
  get balance() { return this.#balance; }
  set balance(value) { throw new RangeError('read only'); }
  #check(amount) { if (amount <= 0) throw new TypeError(`bad amount: ${amount}`); }
  deposit(amount) { this.#check(amount); this.#balance += amount; return this; }
  static is(value) { return #balance in value; }
  static reveal() { return Account.#secret; }
}
class Savings extends Account {
  rate = 0.1;
  constructor(...words) { super(...words); this.kind = new.target.name; }
  deposit(amount) { return super.deposit(amount * (1 + this.rate)); }
  toString() { return `${this.owner}: ${this.balance}`; }
  get [Symbol.toStringTag]() { return 'Savings'; }
}
const s = new Savings('ada').deposit(100);
console.log(String(s), s.kind, s instanceof Account, Account.is(s), Account.is({}), Account.count, Account.ready, Account.reveal());
for (const bad of [() => s.deposit(-1), () => { s.balance = 1; }, () => Account(), () => Account.prototype.deposit.call({}, 1)]) {
  try { bad(); } catch (error) { console.log(error.constructor.name); }
}
console.log(Object.getOwnPropertyNames(Savings.prototype), Object.prototype.toString.call(s));
class List extends Array { sum() { return this.reduce((a, b) => a + b, 0); } }
const list = List.from([1, 2, 3]);
console.log(list.map((x) => x * 2).sum(), list instanceof List, list.filter(Boolean).constructor.name);
const Mixin = (Base) => class extends Base { mixed() { return 'mixed'; } };
console.log(new (Mixin(Object))().mixed(), class {}.name, (class Named {}).name);
const object = { __proto__: { inherited: 1 }, get computed() { return 2; }, ['dyn' + 'amic']: 3, method() { return super.inherited; } };
console.log(object.method(), object.computed, object.dynamic, Object.entries(object));
console.log(Object.getOwnPropertyDescriptor(class { static #p = 1; static q = 2; }, 'q'));
